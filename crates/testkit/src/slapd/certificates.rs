//! A certificate for the server, and the authority that signs it.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::fs;
use std::path::Path;

/// Writes `ca.pem`, `other-ca.pem`, `server.pem` and `server-key.pem`. The server is called localhost.
pub(super) fn write(folder: &Path) {
    let (ca, issuer) = authority("Contoso test authority");
    let (other, _) = authority("Another test authority");
    let key = KeyPair::generate().expect("a key");
    let server = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let server = server.signed_by(&key, &issuer).expect("a certificate");
    for (name, text) in [
        ("ca.pem", ca),
        ("other-ca.pem", other),
        ("server.pem", server.pem()),
        ("server-key.pem", key.serialize_pem()),
    ] {
        fs::write(folder.join(name), text).expect("a file in our folder");
    }
}

fn authority(name: &str) -> (String, Issuer<'static, KeyPair>) {
    let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    (certificate.pem(), Issuer::new(params, key))
}
