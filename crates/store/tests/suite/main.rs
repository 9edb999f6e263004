//! What a store promises, on both engines.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "every function here is part of a test"
)]

mod attributes;
mod chain;
mod connections;
mod engine;
mod feed;
mod leases;
mod leaving;
mod members;
mod nesting;
mod opening;
mod positions;
mod request_log;
mod resources;
mod samples;
mod schemas;
mod search;
mod service;
mod staged;
mod standing;
mod transactions;

/// Makes a test of each case on each engine; a case is a function of an empty store.
macro_rules! conformance {
    ($($file:ident: $($case:ident)+;)+) => {
        mod sqlite {$(
            mod $file {$(
                #[test]
                fn $case() {
                    crate::$file::$case(&testkit::sqlite());
                }
            )+}
        )+}

        mod postgres {$(
            mod $file {$(
                #[test]
                fn $case() {
                    crate::$file::$case(&testkit::postgres());
                }
            )+}
        )+}
    };
}

conformance! {
    transactions:
        a_committed_write_is_seen_by_everybody
        a_failed_closure_leaves_nothing
        a_failed_statement_ends_the_transaction
        a_panic_ends_the_transaction_only
        a_failure_takes_no_neighbour_with_it
        a_closure_that_another_stood_in_the_way_of_is_run_again
        a_read_can_not_write
        one_tenant_does_not_hold_up_another
        a_snapshot_can_be_read
        parameters_and_columns_keep_their_values
        a_look_up_reads_and_fails_as_a_read_does
        what_waits_is_done_before_the_store_closes;
    opening:
        several_may_open_an_empty_database_at_once
        applications_bring_their_tables
        a_database_that_was_put_back_is_seen
        a_changed_migration_is_refused;
    service:
        settings
        tenants
        tokens
        expiring_tokens
        a_token_is_held_while_it_lives
        so_many_tokens_live_at_once
        clients
        tokens_of_a_client
        an_assertion_is_used_once
        what_ends_soon
        the_audit_log
        who_may_do_what_is_seen_to_change
        the_deletion_of_a_tenant_leaves_nothing;
    connections:
        a_tenant_begins_with_a_connection
        connections_are_their_tenants
        a_deleted_connection_takes_its_clients_and_tokens_along
        quirks_are_counted;
    resources:
        a_resource_comes_back_as_it_was
        a_resource_is_nobody_elses
        an_update_needs_the_version_it_expects
        one_of_many_updates_of_a_version_wins
        locked_updates_lose_nothing
        a_deleted_resource_leaves_a_tombstone
        pages_are_in_the_order_of_creation;
    positions:
        every_position_is_exact_while_resources_come_and_go
        concurrent_writers_are_all_counted;
    attributes:
        a_unique_value_is_had_once
        only_unique_values_are
        a_value_that_was_let_go_can_be_taken
        long_values_are_told_apart
        of_many_who_want_a_name_one_gets_it;
    members:
        members_are_added_and_removed
        a_group_is_paged_through
        a_member_leaves_all_groups
        concurrent_writers_lose_no_member;
    nesting:
        what_is_above_and_below_is_found_at_any_distance
        a_circle_ends_by_itself
        users_are_in_groups_directly_and_through_others;
    search:
        filters_find_what_they_describe
        a_search_goes_on_behind_any_resource
        a_look_up_finds_few_or_says_that_there_are_more
        a_search_gives_up_at_its_deadline
        many_candidates_come_in_chunks
        memberships_can_be_searched
        members_of_several_groups_come_in_chunks
        a_search_stays_within_its_tenant_and_type;
    schemas:
        a_definition_has_a_version_that_grows
        a_version_that_is_held_stays;
    feed:
        changes_are_numbered_in_order
        changes_of_a_resource_are_numbered_by_its_versions
        readers_miss_nothing_of_concurrent_writers
        tenants_have_feeds_of_their_own
        old_changes_are_forgotten_from_the_beginning_on
        whoever_listens_hears_of_commits_alone
        whoever_waits_knows_how_far_feeds_go;
    chain:
        rows_are_sealed_in_a_chain
        a_long_log_is_sealed_in_parts
        many_sealers_make_one_chain
        tampering_is_named
        a_checkpoint_shows_what_was_taken_back;
    request_log:
        requests_are_logged_and_found
        old_requests_are_purged_in_parts;
    leases:
        a_lease_is_held_by_one
        an_expired_lease_can_be_taken
        a_lost_lease_can_not_be_renewed
        of_many_who_want_a_lease_one_gets_it;
    leaving:
        an_alias_is_a_name_like_any_other
        namesakes_are_found_there_and_deleted
        a_lifted_tombstone_gives_all_back_once
        tombstones_are_purged_the_oldest_first
        whoever_comes_back_is_not_purged
        an_origin_is_kept
        removals_are_counted_by_the_minute
        brakes
        refusals_add_up;
    engine:
        jobs
        cycles
        links
        escrow
        the_provisioning_log
        plans
        references
        creations
        the_deletion_of_a_job_leaves_nothing;
    staged:
        staged_objects
        staged_members
        losses_of_a_day
        accepted_drift;
    standing:
        quarantines
        a_status_is_kept_of_each_job
        what_is_learned_of_a_target_is_kept
        deletions_are_forced_once
        a_cycle_tells_how_far_it_is
        old_cycles_are_forgotten_but_for_the_last_ones
        old_plans_are_forgotten_in_parts
        escrow_is_counted_and_its_waits_are_ended
        a_lease_can_be_seized;
}
