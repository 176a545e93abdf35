//! Files that are written: all that a store does to a disk goes through here.
//!
//! In goes what is to be written, linked, renamed, removed or synced; out comes what the system
//! says. Reading does not pass through here, nor do mapped files.
//!
//! With the feature `faults`, which tests alone ask for, a folder can be put on a disk that fails:
//! [`faults::FaultDisk`]. Without it every function is the system call and nothing else.
//!
//! Invariants: a name is durable only after [`sync_folder`] of its folder, bytes only after
//! [`File::sync`]. After a sync that failed the bytes written before must be taken as lost: the
//! system may have dropped them, and a second sync of the same file can succeed all the same.

#[cfg(feature = "faults")]
pub mod faults;
mod file;
mod folder;

pub use file::File;
pub use folder::{
    create_dir, create_dir_all, hard_link, remove_dir_all, remove_file, rename, sync_folder,
};
