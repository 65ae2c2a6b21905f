use std::sync::Arc;

use bizproc_portal::{Portal as Emulator, RatePlan};
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::*;
use crate::rest::Client;
use crate::rest::rate_limit::registry::RateLimiters;

const ROBOT: &str = "bizproc.event.send";

fn refusal(code: &str) -> Error {
    Error::portal(code.to_owned(), "", 503)
}

fn too_many() -> Error {
    refusal("QUERY_LIMIT_EXCEEDED")
}

fn time(operating: f64, resets_in: f64) -> Timing {
    // The portal's clock is years away from ours.
    let finish = 1_000_000.5;
    let time =
        json!({"finish": finish, "operating": operating, "operating_reset_at": finish + resets_in});
    Timing::deserialize(time).unwrap()
}

fn full(rate: RateLimit) -> Arc<RateLimiter> {
    Arc::new(RateLimiter::full("member", rate, None))
}

/// How long this many permits take.
async fn time_of(limiter: &Arc<RateLimiter>, method: &str, permits: usize) -> Duration {
    let start = Instant::now();
    for _ in 0..permits {
        drop(limiter.acquire(method).await);
    }
    start.elapsed()
}

fn assert_about(actual: Duration, expected: f64) {
    let actual = actual.as_secs_f64();
    assert!(
        (expected..expected + 0.01).contains(&actual),
        "{actual} instead of {expected}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_burst_passes_and_then_a_steady_rate() {
    for (rate, burst, ten_more) in [
        (RateLimit::STANDARD, 47, 10.0 / 1.9),
        (RateLimit::ENTERPRISE, 237, 10.0 / 4.75),
        (RateLimit::new(1, 0), 1, 10.0 / 0.95),
    ] {
        let limiter = full(rate);
        assert_eq!(time_of(&limiter, ROBOT, burst).await, Duration::ZERO);
        assert_about(time_of(&limiter, ROBOT, 10).await, ten_more);
    }
    for odd in [RateLimit::new(0, 0), RateLimit::new(u32::MAX, u32::MAX)] {
        drop(full(odd).acquire(ROBOT).await);
    }
}

/// When requests arrive that take up to a second to get there, so that some overtake others.
async fn arrivals(limiter: &Arc<RateLimiter>, start: Instant, until: Duration) -> Vec<Duration> {
    let (mut arrivals, mut delay) = (Vec::new(), 0_u64);
    while start.elapsed() < until {
        drop(limiter.acquire(ROBOT).await);
        delay = (delay * 131 + 71) % 1000;
        arrivals.push(start.elapsed() + Duration::from_millis(delay));
    }
    arrivals
}

/// Plays a portal's bucket as the platform documents it.
fn assert_none_is_too_many(mut arrivals: Vec<Duration>) {
    arrivals.sort_unstable();
    let (mut level, mut last) = (0.0_f64, Duration::ZERO);
    for arrival in arrivals {
        let passed = arrival.saturating_sub(last).as_secs_f64();
        level = (level - 2.0 * passed).max(0.0) + 1.0;
        last = arrival;
        assert!(level <= 50.0, "one too many after {arrival:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_request_of_an_hour_is_one_too_many() {
    let (start, hour) = (Instant::now(), Duration::from_hours(1));
    let arrivals = arrivals(&full(RateLimit::STANDARD), start, hour).await;
    // In batches of fifty, 95 of the 100 replies a second that the portal would take.
    assert!(arrivals.len() * 50 >= 95 * 3600, "{}", arrivals.len());
    assert_none_is_too_many(arrivals);
}

#[tokio::test(start_paused = true)]
async fn programs_that_follow_each_other_send_no_more_than_one() {
    let (start, mut all) = (Instant::now(), Vec::new());
    let mut ends = 0;
    for lived in [3, 0, 1, 14, 0, 0, 40, 2, 7, 90, 1, 1, 1] {
        ends += lived;
        let limiters = RateLimiters::new(RateLimit::STANDARD, None);
        all.extend(arrivals(&limiters.get("member"), start, Duration::from_secs(ends)).await);
        // A portal that has just installed the application was never called.
        limiters.new_portal("new");
        assert_eq!(
            time_of(&limiters.get("new"), ROBOT, 47).await,
            Duration::ZERO
        );
    }
    assert_none_is_too_many(all);
    let limiters = RateLimiters::new(RateLimit::STANDARD, None);
    tokio::time::advance(Duration::from_secs(25)).await;
    assert_eq!(
        time_of(&limiters.get("member"), ROBOT, 47).await,
        Duration::ZERO
    );
}

/// A bucket as programs share it.
#[derive(Debug, Default)]
struct Bucket {
    empty: Mutex<Option<Instant>>,
    fails: std::sync::atomic::AtomicBool,
}

#[async_trait::async_trait]
impl SharedRateLimit for Bucket {
    async fn reserve(&self, member_id: &str, interval: Duration, burst: u32) -> Result<Duration> {
        assert_eq!(member_id, "member");
        if self.fails.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(Error::new(crate::ErrorKind::Store, "the database is away"));
        }
        let (now, mut empty) = (Instant::now(), self.empty.lock().unwrap());
        let empties = empty.unwrap_or(now).max(now) + interval;
        *empty = Some(empties);
        Ok((empties - now).saturating_sub(interval * burst))
    }
}

#[tokio::test(start_paused = true)]
async fn programs_beside_each_other_send_no_more_than_one() {
    let bucket = Arc::new(Bucket::default());
    let (start, hour) = (Instant::now(), Duration::from_hours(1));
    let mut programs = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let bucket = Arc::clone(&bucket);
        let limiters = RateLimiters::new(RateLimit::STANDARD, Some(bucket));
        programs.spawn(async move { arrivals(&limiters.get("member"), start, hour).await });
    }
    let all = programs.join_all().await;
    for of_one in &all {
        assert!(of_one.len() > 1000, "{}", of_one.len());
    }
    let all = all.concat();
    assert!(all.len() * 50 >= 95 * 3600, "{}", all.len());
    assert_none_is_too_many(all);
}

#[tokio::test(start_paused = true)]
async fn a_shared_bucket_that_fails_stops_nothing_and_no_refusal_is_forgotten_over_it() {
    let bucket = Arc::new(Bucket::default());
    let limiters = RateLimiters::new(RateLimit::STANDARD, Some(Arc::<Bucket>::clone(&bucket)));
    let limiter = limiters.get("member");
    bucket
        .fails
        .store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(time_of(&limiter, ROBOT, 47).await, Duration::ZERO);
    assert_about(time_of(&limiter, ROBOT, 10).await, 10.0 / 1.9);
    bucket
        .fails
        .store(false, std::sync::atomic::Ordering::Relaxed);
    *bucket.empty.lock().unwrap() = Some(Instant::now() + Duration::from_secs(40));
    let waiting = tokio::spawn({
        let limiter = Arc::clone(&limiter);
        async move { time_of(&limiter, ROBOT, 1).await }
    });
    tokio::time::sleep(Duration::from_secs(15)).await;
    limiter.record_failure(ROBOT, &too_many());
    assert_about(waiting.await.unwrap(), 16.0);
}

#[tokio::test(start_paused = true)]
async fn who_comes_first_is_served_first_and_who_goes_takes_nothing() {
    let limiter = full(RateLimit::new(1, 1));
    drop(limiter.acquire(ROBOT).await);
    let (done, mut served) = tokio::sync::mpsc::unbounded_channel();
    let waiting = (0..5).map(|number| {
        let (limiter, done) = (Arc::clone(&limiter), done.clone());
        let task = tokio::spawn(async move {
            drop(limiter.acquire(ROBOT).await);
            done.send(number).unwrap();
        });
        (number, task)
    });
    let waiting = waiting.collect::<Vec<_>>();
    tokio::task::yield_now().await;
    let start = Instant::now();
    for (number, task) in &waiting {
        if [0, 3].contains(number) {
            task.abort();
        }
    }
    for expected in [1, 2, 4] {
        assert_eq!(served.recv().await, Some(expected));
    }
    assert_about(start.elapsed(), 3.0 / 0.95);
}

/// Timers go off a moment after the bucket has room, and a new request may come in that moment.
#[tokio::test(start_paused = true)]
async fn no_new_request_overtakes_a_waiting_one() {
    let limiter = full(RateLimit::new(1, 1));
    drop(limiter.acquire(ROBOT).await);
    let waiting = tokio::spawn({
        let limiter = Arc::clone(&limiter);
        async move { drop(limiter.acquire(ROBOT).await) }
    });
    tokio::task::yield_now().await;
    tokio::time::advance(Duration::from_micros(1_052_700)).await;
    drop(limiter.acquire(ROBOT).await);
    assert!(waiting.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_portal_that_takes_no_more_is_left_alone_for_longer_and_longer() {
    let limiter = full(RateLimit::STANDARD);
    drop(limiter.acquire(ROBOT).await);
    for pause in [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0] {
        // Several that were on their way count once.
        limiter.record_failure(ROBOT, &too_many());
        limiter.record_failure("app.info", &too_many());
        assert!(!limiter.is_idle());
        assert_about(time_of(&limiter, ROBOT, 1).await, pause);
    }
    // What was sent before the refusal and succeeds after it proves nothing.
    limiter.record_failure(ROBOT, &too_many());
    limiter.record_success(ROBOT, &Timing::default());
    assert_about(time_of(&limiter, ROBOT, 1).await, 60.0);
    limiter.record_success(ROBOT, &Timing::default());
    limiter.record_failure(ROBOT, &too_many());
    assert_about(time_of(&limiter, ROBOT, 1).await, 1.0);
    // Its bucket was full, so ours is not: no burst follows.
    limiter.record_success(ROBOT, &Timing::default());
    limiter.record_failure(ROBOT, &too_many());
    assert!(time_of(&limiter, ROBOT, 11).await.as_secs_f64() > 9.0 / 1.9);
    // Other refusals do not concern the limiter.
    tokio::time::advance(Duration::from_mins(1)).await;
    limiter.record_failure(ROBOT, &refusal("ACCESS_DENIED"));
    assert_eq!(time_of(&limiter, ROBOT, 1).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_blocked_method_waits_for_its_reset_and_holds_up_no_other() {
    let limiter = full(RateLimit::STANDARD);
    limiter.record_success(ROBOT, &time(390.0, 100.0));
    assert_eq!(time_of(&limiter, ROBOT, 1).await, Duration::ZERO);
    limiter.record_failure(ROBOT, &refusal("operation_time_limit"));
    let waiting = tokio::spawn({
        let limiter = Arc::clone(&limiter);
        async move { time_of(&limiter, ROBOT, 1).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(time_of(&limiter, "app.info", 3).await, Duration::ZERO);
    assert!(!limiter.is_idle());
    assert_about(waiting.await.unwrap(), 100.0);
    // The end of the next block is unknown.
    limiter.record_failure(ROBOT, &refusal("OPERATION_TIME_LIMIT"));
    assert_about(time_of(&limiter, ROBOT, 1).await, 60.0);
}

#[tokio::test(start_paused = true)]
async fn a_method_near_its_limit_waits_before_the_portal_blocks_it() {
    let limiter = full(RateLimit::STANDARD);
    limiter.record_success(ROBOT, &time(399.0, 500.0));
    assert_eq!(time_of(&limiter, ROBOT, 1).await, Duration::ZERO);
    limiter.record_success(ROBOT, &time(405.0, 300.0));
    assert_about(time_of(&limiter, ROBOT, 2).await, 300.0);
    // The last response holds.
    limiter.record_success(ROBOT, &time(405.0, 300.0));
    limiter.record_success(ROBOT, &time(0.0, 600.0));
    assert_eq!(time_of(&limiter, ROBOT, 1).await, Duration::ZERO);
    // A portal that says nonsense blocks nothing, or not for long.
    for odd in [time(405.0, -5.0), time(405.0, f64::MAX), Timing::default()] {
        limiter.record_success(ROBOT, &odd);
        assert!(time_of(&limiter, ROBOT, 1).await <= LONGEST_BLOCK);
    }
}

#[tokio::test(start_paused = true)]
async fn paces_that_make_no_difference_are_forgotten() {
    let limiters = RateLimiters::with_capacity(RateLimit::STANDARD, None, 3);
    let held = limiters.get("held");
    assert!(Arc::ptr_eq(&held, &limiters.get("held")));
    drop(limiters.get("idle").acquire(ROBOT).await);
    drop(limiters.get("paused").acquire(ROBOT).await);
    tokio::time::advance(Duration::from_secs(20)).await;
    limiters.get("paused").record_failure(ROBOT, &too_many());
    let is_known = |member_id: &str| {
        limiters
            .by_member_id
            .lock()
            .unwrap()
            .contains_key(member_id)
    };
    // The bucket of "idle" is full again only after 25 seconds.
    tokio::time::advance(Duration::from_millis(100)).await;
    assert!(!limiters.get("paused").is_idle() && !limiters.get("idle").is_idle());
    tokio::time::advance(Duration::from_secs(5)).await;
    limiters.get("paused").record_failure(ROBOT, &too_many());
    drop(limiters.get("new").acquire(ROBOT).await);
    assert!(is_known("held") && is_known("paused") && is_known("new") && !is_known("idle"));
    // Nothing is idle: the one whose last request is the longest ago goes.
    drop(limiters.get("newer").acquire(ROBOT).await);
    assert!(is_known("held") && !is_known("paused") && is_known("new") && is_known("newer"));
}

/// The emulator counts by its own bucket and by its own clock.
#[tokio::test]
async fn a_portal_refuses_none_of_sixty_requests() {
    let plan = Emulator::builder().rate_plan(RatePlan::Standard);
    let emulator = plan.start().await.unwrap();
    let app = emulator.install("http://127.0.0.1:1/").await.unwrap();
    let client = Client::new(&emulator.endpoint(), app.access_token()).unwrap();
    let limiter = full(RateLimit::STANDARD);
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let (limiter, client) = (Arc::clone(&limiter), client.clone());
        requests.spawn(async move {
            let permit = limiter.acquire("app.info").await;
            let response = client.call_full::<Value>("app.info", json!({})).await;
            permit.complete(&response);
            assert!(response.is_ok());
        });
    }
    requests.join_all().await;
    // Without a limiter the portal refuses.
    let refused = async {
        loop {
            if let Err(error) = client.call::<Value>("app.info", json!({})).await {
                return error;
            }
        }
    };
    assert!(refused.await.has_code("QUERY_LIMIT_EXCEEDED"));
}

#[cfg(feature = "metrics")]
#[tokio::test(start_paused = true)]
async fn a_bucket_says_how_full_it_is() {
    let limiters = RateLimiters::new(RateLimit::new(1, 20), None);
    // What the program before this one sent.
    let limiter = limiters.get("member");
    let assert_level = |expected: f64| {
        let level = limiters.max_utilization();
        assert!(
            (level - expected).abs() < 0.02,
            "{level} instead of {expected}"
        );
    };
    assert_level(1.0);
    tokio::time::advance(Duration::from_secs(10)).await;
    assert_level(0.5);
    assert_eq!(time_of(&limiter, ROBOT, 5).await, Duration::ZERO);
    assert_level(0.79);
    tokio::time::advance(Duration::from_mins(1)).await;
    assert_level(0.0);
    limiters.new_portal("other");
    limiter.record_failure(ROBOT, &too_many());
    assert_level(1.0);
}
