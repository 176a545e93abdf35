//! Machines that are not there: network namespaces on this one, each with two cables. One leads to
//! the other machines and can be pulled out; over the other the test sees them all the time.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::process::Command;

use anyhow::{Result, ensure};

/// Namespaces that are joined by a bridge; gone with the value.
pub struct Network {
    /// What the names of its parts begin with: interfaces have at most 15 letters.
    name: String,
    /// The third byte of the addresses, which begin with 198.18, a range for tests of networks.
    subnet: u8,
    machines: u8,
}

impl Network {
    /// Machines that reach each other; `None`, and a word why, where this process may not make
    /// them.
    ///
    /// # Errors
    /// Where making them fails half-way.
    pub fn new(machines: u8) -> Result<Option<Self>> {
        let id = std::process::id();
        let network = Self {
            name: format!("ag{}", id % 100_000),
            // Two neighbours: one for each cable.
            subnet: u8::try_from(id % 120)? * 2,
            machines,
        };
        if let Err(error) = ip(&format!("netns add {}t", network.name)) {
            let mut out = std::io::stderr();
            writeln!(out, "skipped: no network namespaces here: {error}")?;
            return Ok(None);
        }
        ip(&format!("netns del {}t", network.name))?;
        network.make()?;
        Ok(Some(network))
    }

    fn make(&self) -> Result<()> {
        for (cable, letter) in ["c", "s"].into_iter().enumerate() {
            let bridge = format!("{}{letter}", self.name);
            ip(&format!("link add {bridge} type bridge"))?;
            ip(&format!("link set {bridge} up"))?;
            let own = self.address(cable, 254);
            ip(&format!("addr add {own}/24 dev {bridge}"))?;
        }
        for machine in 0..self.machines {
            let space = self.space(machine);
            ip(&format!("netns add {space}"))?;
            ip(&format!("-n {space} link set lo up"))?;
            for (cable, letter) in ["c", "s"].into_iter().enumerate() {
                let (bridge, plug) = (format!("{}{letter}", self.name), self.plug(machine, letter));
                ip(&format!(
                    "link add {plug} type veth peer name eth{cable} netns {space}"
                ))?;
                ip(&format!("link set {plug} master {bridge} up"))?;
                let address = self.address(cable, machine + 1);
                ip(&format!("-n {space} addr add {address}/24 dev eth{cable}"))?;
                ip(&format!("-n {space} link set eth{cable} up"))?;
            }
        }
        Ok(())
    }

    fn space(&self, machine: u8) -> String {
        format!("{}n{machine}", self.name)
    }

    fn plug(&self, machine: u8, letter: &str) -> String {
        format!("{}{letter}{machine}", self.name)
    }

    fn address(&self, cable: usize, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(198, 18, self.subnet + u8::from(cable == 1), last)
    }

    /// Where other machines reach one.
    pub fn among(&self, machine: u8) -> Ipv4Addr {
        self.address(0, machine + 1)
    }

    /// Where the test reaches one.
    pub fn seen(&self, machine: u8) -> Ipv4Addr {
        self.address(1, machine + 1)
    }

    /// Where all of them reach the test.
    pub fn test(&self) -> Ipv4Addr {
        self.address(1, 254)
    }

    /// A command on a machine.
    pub fn command(&self, machine: u8, program: &std::path::Path) -> Command {
        let mut command = Command::new("ip");
        let space = self.space(machine);
        command.args(["netns", "exec", &space]).arg(program);
        command
    }

    /// Pulls the cable to the other machines, or puts it back.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn connect(&self, machine: u8, connected: bool) -> Result<()> {
        let to = if connected { "up" } else { "down" };
        ip(&format!("link set {} {to}", self.plug(machine, "c")))
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for machine in 0..self.machines {
            // The cables go with the namespace.
            let _ = ip(&format!("netns del {}", self.space(machine)));
        }
        for letter in ["c", "s"] {
            let _ = ip(&format!("link del {}{letter}", self.name));
        }
    }
}

fn ip(arguments: &str) -> Result<()> {
    let output = Command::new("ip").args(arguments.split(' ')).output()?;
    ensure!(
        output.status.success(),
        "ip {arguments}: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
