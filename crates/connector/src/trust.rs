//! Whom a connector trusts under TLS.

use crate::Error;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

const CA_FILE: &str = "ca_file in the job's [source] names a file with certificates in PEM";

/// TLS that checks the server's certificate and name against the system's authorities (or those in the file that
/// `SSL_CERT_FILE` names) and those in a PEM file.
///
/// # Errors
/// When the file can't be read or holds no certificate.
pub fn tls(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = ca_file {
        add(&mut roots, file)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::source("TLS", "can't be set up", CA_FILE).caused_by(error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn add(roots: &mut RootCertStore, file: &Path) -> Result<(), Error> {
    let place = file.display().to_string();
    let unusable = |error| Error::source(&place, "holds no readable certificate", CA_FILE).caused_by(error);
    let certificates: Vec<_> =
        CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<_, _>>).map_err(unusable)?;
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 { Err(Error::source(place, "holds no certificate", CA_FILE)) } else { Ok(()) }
}
