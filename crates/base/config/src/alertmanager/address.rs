//! Where a vendor's service is.

use std::fmt;
use std::ops::Deref;

use url::Url;

/// The address of a vendor's service: `http` or `https`. Its `Debug` shows the host alone, as a
/// login may stand before it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiUrl(Url);

impl ApiUrl {
    pub(super) fn new(url: Url) -> Self {
        Self(url)
    }
}

impl Deref for ApiUrl {
    type Target = Url;

    fn deref(&self) -> &Url {
        &self.0
    }
}

impl fmt::Debug for ApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiUrl({})", self.0.host_str().unwrap_or(""))
    }
}
