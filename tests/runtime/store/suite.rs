//! Which tests each store passes.

/// Runs the suite in a place. A test that is forgotten here is unused code, which clippy refuses.
macro_rules! conforms {
    ($store:ident, $home:expr, { $($module:ident: $($test:ident),+ $(,)?;)+ }) => {
        mod $store {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let Some(home) = $home.await else { return };
                    $crate::store::$module::$test(&home).await;
                }
            )+)+
        }
    };
}

macro_rules! suite {
    ($($store:ident: $home:expr;)+) => {
        $(suite!(@tests $store, $home);)+
    };
    (@tests $store:ident, $home:expr) => {
        conforms!($store, $home, {
            accepting:
                a_call_is_kept_once,
                of_many_at_once_one_is_new,
                calls_that_come_together_are_kept_each_for_itself,
                a_call_in_any_stage_is_a_duplicate,
                a_sent_answer_is_said_again,
                what_was_settled_otherwise_is_not_said_again,
                a_repeat_keeps_what_attempts_have_shown,
                numbers_grow;
            claiming:
                deadlines_come_first_then_the_order_of_acceptance,
                answers_that_were_taken_come_last,
                slots_and_the_total_bound_a_claim,
                a_portal_gets_its_own_answers,
                of_many_claimers_one_gets_a_call,
                a_lost_claim_to_run_changes_nothing,
                a_lost_claim_to_send_changes_nothing,
                a_claim_of_nothing_is_lost,
                a_claim_is_finished_as_what_it_is,
                fences_grow,
                a_lease_is_extended,
                what_is_released_can_be_had_at_once;
            answering:
                the_first_answer_wins,
                of_many_answers_at_once_one_wins,
                a_step_that_does_not_wait_is_settled_by_its_answer,
                a_run_ends_in_every_way,
                an_attempt_to_send_ends_in_every_way,
                a_deferred_call_waits_for_its_ticket,
                a_call_is_buried_and_revived,
                an_unknown_token_is_an_error;
            timing:
                the_next_time_is_told,
                a_wake_looks_at_everything,
                the_oldest_are_forgotten_first,
                work_is_told_of,
                a_time_is_told_of;
            keeping:
                calls_are_counted,
                records_are_filtered_and_paged,
                a_record_tells_of_its_call,
                portals_are_kept_whole,
                a_portal_is_replaced_and_removed,
                a_portal_is_replaced_only_if_nobody_was_quicker,
                a_removed_portal_settles_its_calls,
                many_calls_of_a_removed_portal_are_settled;
            edge_values:
                a_body_is_any_bytes,
                a_text_is_any_text,
                an_answer_keeps_its_order,
                a_time_is_any_time,
                a_time_is_kept_to_the_millisecond;
            sequences:
                the_model_agrees;
        });
    };
}

suite! {
    memory: crate::store::backends::Home::memory();
    sqlite: crate::store::backends::Home::sqlite();
    postgres: crate::store::backends::Home::postgres();
}
