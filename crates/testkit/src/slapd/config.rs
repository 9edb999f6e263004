//! The configuration of the server.

use super::{ADMIN, BASE, Flavor, PASSWORD, READER, SIZE_LIMIT};
use std::fs;
use std::path::Path;

/// What inetOrgPerson lacks, in an auxiliary class, as sites add it.
const CONTOSO: &str = r"
attributetype ( 1.3.6.1.4.1.55555.1.1 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.55555.1.2 NAME 'accountStatus' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.55555.2.1 NAME 'contosoPerson' AUXILIARY
  MAY ( userPrincipalName $ accountStatus $ c ) )
";

/// Active Directory's attributes, as far as they are read.
const ACTIVE_DIRECTORY: &str = r"
attributetype ( 1.3.6.1.4.1.55555.1.1 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.55555.1.3 NAME 'objectGUID' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.55555.1.4 NAME 'uSNChanged' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.55555.1.5 NAME 'userAccountControl' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.55555.1.6 NAME 'objectCategory' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.55555.1.7 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.55555.1.8 NAME 'supportedCapabilities' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.55555.1.9 NAME 'highestCommittedUSN' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )
attributetype ( 1.3.6.1.4.1.55555.1.10 NAME 'dsServiceName' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.3.6.1.4.1.55555.2.2 NAME 'user' SUP inetOrgPerson STRUCTURAL
  MAY ( userPrincipalName $ objectGUID $ uSNChanged $ userAccountControl $ objectCategory $ sAMAccountName ) )
objectclass ( 1.3.6.1.4.1.55555.2.3 NAME 'group' STRUCTURAL MUST cn
  MAY ( member $ objectGUID $ uSNChanged $ displayName ) )
";

/// Writes `slapd.conf` and all that it names, but the certificates.
pub(super) fn write(folder: &Path, flavor: Flavor) {
    let schemas = ["/etc/ldap/schema", "/etc/openldap/schema"].map(Path::new);
    let schemas =
        schemas.into_iter().find(|schemas| schemas.is_dir()).expect("slapd's package brings schemas");
    let schemas = schemas.display();
    let own = match flavor {
        Flavor::OpenLdap => CONTOSO,
        Flavor::ActiveDirectory => ACTIVE_DIRECTORY,
    };
    let root = match flavor {
        Flavor::OpenLdap => String::new(),
        Flavor::ActiveDirectory => format!("rootDSE {}", folder.join("root.ldif").display()),
    };
    let at = folder.display();
    let text = format!(
        "include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/nis.schema
include {schemas}/inetorgperson.schema
{own}
pidfile {at}/pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload syncprov
TLSCertificateFile {at}/server.pem
TLSCertificateKeyFile {at}/server-key.pem
{root}
database mdb
suffix {BASE}
rootdn {ADMIN}
rootpw \"{PASSWORD}\"
directory {at}/data
maxsize 268435456
dbnosync
limits * size.soft={SIZE_LIMIT} size.hard={SIZE_LIMIT} size.prtotal=unlimited
index objectClass,entryUUID,entryCSN eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact=\"{READER}\" read by * none
overlay syncprov
"
    );
    fs::create_dir(folder.join("data")).expect("a folder in our folder");
    fs::write(folder.join("slapd.conf"), text).expect("a file in our folder");
    count_changes(folder, 0);
}

/// Writes what Active Directory's root entry says besides slapd's own.
pub(super) fn count_changes(folder: &Path, count: u64) {
    let root = format!(
        "dn:
supportedCapabilities: 1.2.840.113556.1.4.800
dsServiceName: cn=NTDS Settings,cn=DC1,{BASE}
highestCommittedUSN: {count}
"
    );
    fs::write(folder.join("root.ldif"), root).expect("a file in our folder");
}
