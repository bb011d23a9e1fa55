//! Any bytes as a document: nothing on its way may panic, or take longer than its text is long.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = tests::rehearse::rehearse(bytes);
});
