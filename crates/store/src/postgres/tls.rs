//! TLS to a server.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::Error;

/// TLS that checks the server's certificate and name against the system's roots, or those in the file that
/// `SSL_CERT_FILE` names. `sslmode` in the URL says whether it is used: `disable`, `prefer` (if the server offers
/// it) or `require`. Unlike libpq's modes of these names, a certificate that is used is always checked.
pub(super) fn connector() -> Result<MakeRustlsConnect, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(Error::unavailable)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
