//! Which tests each store passes.

/// Runs the suite on a store. A test that is missing here is unused code, which clippy refuses.
macro_rules! conforms {
    ($store:ident, $backend:expr, { $($module:ident: $($test:ident),+ $(,)?;)+ }) => {
        mod $store {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let Some(backend) = $backend.await else { return };
                    $crate::store::$module::$test(&backend).await;
                }
            )+)+
        }
    };
}

macro_rules! suite {
    ($($store:ident: $backend:expr;)+) => {
        $(suite!(@tests $store, $backend);)+
    };
    (@tests $store:ident, $backend:expr) => {
        conforms!($store, $backend, {
            accepting:
                a_call_is_stored_once,
                of_concurrent_duplicates_one_is_accepted,
                concurrent_calls_are_stored_separately,
                a_known_call_is_a_duplicate_in_every_stage,
                a_duplicate_of_a_delivered_call_redelivers_its_reply,
                calls_completed_otherwise_are_not_redelivered,
                a_redelivery_keeps_the_send_history,
                call_numbers_grow;
            claiming:
                deadlines_come_first_then_the_order_of_acceptance,
                delivered_replies_are_claimed_last,
                quotas_and_the_total_limit_a_claim,
                a_portal_gets_its_own_replies,
                one_of_many_claimers_gets_a_call,
                a_lost_claim_to_run_changes_nothing,
                a_lost_claim_to_send_changes_nothing,
                a_forged_claim_changes_nothing,
                a_claim_is_finished_by_a_transition_of_its_kind,
                fencing_tokens_grow,
                a_lease_is_extended,
                a_released_call_is_claimable_immediately;
            replying:
                the_first_reply_wins,
                one_of_many_concurrent_replies_wins,
                a_step_that_does_not_wait_is_completed_by_its_reply,
                every_transition_ends_a_run,
                every_transition_ends_a_send,
                a_deferred_call_waits_for_its_ticket,
                a_dead_letter_is_retried,
                an_unknown_token_is_an_error;
            timing:
                the_next_due_time_is_returned,
                all_due_calls_are_released,
                the_calls_completed_first_are_purged_first,
                work_is_notified,
                an_earlier_due_time_is_notified;
            records:
                calls_are_counted,
                calls_are_filtered_and_paged,
                a_record_describes_its_call,
                portals_are_stored_completely,
                a_portal_is_replaced_and_removed,
                a_portal_is_replaced_only_if_unchanged,
                a_removed_portal_completes_its_calls,
                many_calls_of_a_removed_portal_are_completed;
            edge_values:
                a_body_is_any_bytes,
                a_text_is_any_text,
                a_reply_keeps_its_order,
                a_time_is_any_time,
                a_time_is_exact_to_the_millisecond;
            sequences:
                the_model_agrees;
        });
    };
}

suite! {
    memory: crate::store::backends::Backend::memory();
    sqlite: crate::store::backends::Backend::sqlite();
    postgres: crate::store::backends::Backend::postgres();
}
