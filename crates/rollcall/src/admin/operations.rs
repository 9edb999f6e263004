//! What the admin API can do: every verb of the command line, with who may do it.

use model::admin_token::Access;

/// One verb.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// Its words, as on the command line.
    pub verb: &'static str,
    /// What it does.
    pub access: Access,
    /// The argument that names the tenant it is about; where it is left out, the installation is meant. `None`: it is
    /// always about the installation.
    pub tenant: Option<&'static str>,
}

/// All of them. A test compares them with the command line.
pub const OPERATIONS: &[Operation] = &[
    installation("tenant create", Access::Write),
    installation("tenant list", Access::Read),
    of_tenant("tenant show", Access::Read, "name"),
    of_tenant("tenant set", Access::Write, "name"),
    installation("tenant delete", Access::Write),
    of_tenant("connection create", Access::Write, "tenant"),
    of_tenant("connection list", Access::Read, "tenant"),
    of_tenant("connection show", Access::Read, "tenant"),
    of_tenant("connection set", Access::Write, "tenant"),
    of_tenant("connection delete", Access::Write, "tenant"),
    of_tenant("token create", Access::Write, "tenant"),
    of_tenant("token list", Access::Read, "tenant"),
    of_tenant("token rotate", Access::Write, "tenant"),
    of_tenant("token revoke", Access::Write, "tenant"),
    of_tenant("client create", Access::Write, "tenant"),
    of_tenant("client trust", Access::Write, "tenant"),
    of_tenant("client secret", Access::Write, "tenant"),
    of_tenant("client revoke", Access::Write, "tenant"),
    of_tenant("client list", Access::Read, "tenant"),
    of_tenant("client delete", Access::Write, "tenant"),
    of_tenant("webhook create", Access::Write, "tenant"),
    of_tenant("webhook list", Access::Read, "tenant"),
    of_tenant("webhook show", Access::Read, "tenant"),
    of_tenant("webhook rotate", Access::Write, "tenant"),
    of_tenant("webhook enable", Access::Write, "tenant"),
    of_tenant("webhook disable", Access::Write, "tenant"),
    of_tenant("webhook replay", Access::Write, "tenant"),
    of_tenant("webhook skip", Access::Write, "tenant"),
    of_tenant("webhook delete", Access::Write, "tenant"),
    of_tenant("sign-in show", Access::Read, "tenant"),
    of_tenant("sign-in set", Access::Write, "tenant"),
    of_tenant("sign-in oidc", Access::Write, "tenant"),
    of_tenant("sign-in saml", Access::Write, "tenant"),
    of_tenant("sign-in remove", Access::Write, "tenant"),
    of_tenant("sign-in break-glass", Access::Write, "tenant"),
    of_tenant("sign-in link", Access::Write, "tenant"),
    of_tenant("sign-in unlink", Access::Write, "tenant"),
    of_tenant("sign-in log", Access::Read, "tenant"),
    of_tenant("stream create", Access::Write, "tenant"),
    of_tenant("stream list", Access::Read, "tenant"),
    of_tenant("stream show", Access::Read, "tenant"),
    of_tenant("stream enable", Access::Write, "tenant"),
    of_tenant("stream disable", Access::Write, "tenant"),
    of_tenant("stream replay", Access::Write, "tenant"),
    of_tenant("stream skip", Access::Write, "tenant"),
    of_tenant("stream delete", Access::Write, "tenant"),
    installation("stream rotate-key", Access::Write),
    of_tenant("schema show", Access::Read, "tenant"),
    of_tenant("schema check", Access::Read, "tenant"),
    of_tenant("schema apply", Access::Write, "tenant"),
    of_tenant("schema reset", Access::Write, "tenant"),
    of_tenant("schema reindex", Access::Write, "tenant"),
    of_tenant("user deactivate", Access::Write, "tenant"),
    of_tenant("user activate", Access::Write, "tenant"),
    of_tenant("location create", Access::Write, "tenant"),
    of_tenant("location alias", Access::Write, "tenant"),
    of_tenant("location list", Access::Read, "tenant"),
    of_tenant("location unmatched", Access::Read, "tenant"),
    of_tenant("workplace policy", Access::Read, "tenant"),
    of_tenant("workplace set-policy", Access::Write, "tenant"),
    of_tenant("workplace active-users", Access::Read, "tenant"),
    of_tenant("workplace seats", Access::Read, "tenant"),
    of_tenant("workplace import-seats", Access::Write, "tenant"),
    of_tenant("print enable", Access::Write, "tenant"),
    of_tenant("print show", Access::Read, "tenant"),
    of_tenant("print unresolved", Access::Read, "tenant"),
    of_tenant("print disable", Access::Write, "tenant"),
    of_tenant("requests", Access::Read, "tenant"),
    of_tenant("requests show", Access::Read, "tenant"),
    of_tenant("refusals", Access::Read, "tenant"),
    of_tenant("brake show", Access::Read, "tenant"),
    of_tenant("brake allow", Access::Write, "tenant"),
    of_tenant("brake reject", Access::Write, "tenant"),
    of_tenant("audit list", Access::Read, "tenant"),
    of_tenant("audit verify", Access::Read, "tenant"),
    of_tenant("audit checkpoint", Access::Read, "tenant"),
    installation("job apply", Access::Write),
    installation("job list", Access::Read),
    installation("job show", Access::Read),
    installation("job import-entra", Access::Read),
    installation("job export-entra", Access::Read),
    installation("job start", Access::Write),
    installation("job stop", Access::Write),
    installation("job restart", Access::Write),
    installation("job delete", Access::Write),
    installation("escrow list", Access::Read),
    installation("escrow retry", Access::Write),
    installation("test-connection", Access::Write),
    installation("plan", Access::Write),
    installation("plan list", Access::Read),
    installation("plan show", Access::Read),
    installation("apply", Access::Write),
    installation("rollback", Access::Write),
    installation("staged list", Access::Read),
    installation("staged allow", Access::Write),
    installation("staged reject", Access::Write),
    installation("staged withdraw", Access::Write),
    installation("drift", Access::Write),
    installation("import", Access::Write),
    installation("cycle", Access::Write),
    installation("provision", Access::Write),
    installation("explain", Access::Read),
    installation("expression", Access::Read),
    installation("log", Access::Read),
    installation("nudge", Access::Write),
    installation("admin-token create", Access::Write),
    installation("admin-token list", Access::Read),
    installation("admin-token revoke", Access::Write),
];

/// The operation of these words.
pub fn find(verb: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.verb == verb)
}

const fn installation(verb: &'static str, access: Access) -> Operation {
    Operation { verb, access, tenant: None }
}

const fn of_tenant(verb: &'static str, access: Access, tenant: &'static str) -> Operation {
    Operation { verb, access, tenant: Some(tenant) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;
    use crate::admin::arguments;
    use crate::cli::Cli;

    /// Verbs that are no operations, each with its reason.
    const NONE: [(&str, &str); 4] = [
        ("demo", "it is a show in a terminal"),
        ("serve", "it is the process that answers"),
        ("check", "it is about somebody else's endpoint, and would let the server be sent to any address"),
        ("openapi", "it is GET /admin/v1/openapi.json"),
    ];

    #[test]
    fn every_verb_is_an_operation_or_has_its_reason() {
        let verbs: BTreeSet<String> = leaves(&Cli::command(), "").into_iter().collect();
        let known = OPERATIONS.iter().map(|operation| operation.verb);
        let known: BTreeSet<String> = known.chain(NONE.map(|(verb, _)| verb)).map(str::to_owned).collect();
        assert_eq!(verbs, known);
    }

    #[test]
    fn the_argument_that_names_the_tenant_exists() {
        for operation in OPERATIONS {
            let command = arguments::command(operation).unwrap();
            let Some(tenant) = operation.tenant else { continue };
            let argument = command.get_arguments().find(|argument| argument.get_id() == tenant);
            assert!(argument.is_some(), "{}", operation.verb);
        }
    }

    fn leaves(command: &clap::Command, path: &str) -> Vec<String> {
        let children: Vec<_> = command.get_subcommands().filter(|child| child.get_name() != "help").collect();
        if children.is_empty() {
            return vec![path.to_owned()];
        }
        let below = |child: &&clap::Command| leaves(child, format!("{path} {}", child.get_name()).trim());
        let itself = (!command.is_subcommand_required_set()).then(|| path.to_owned());
        itself.into_iter().chain(children.iter().flat_map(below)).collect()
    }
}
