//! A check of pulsewatch: a directory has no more entries than it may have, as a spool of mail or of jobs. Put your own in its place.
mod abi;

use abi::*;
use std::ffi::{CStr, CString};
use std::mem::size_of;
use std::os::raw::{c_char, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::null;

/// A literal as abi.h has text.
macro_rules! text {
    ($literal:expr) => {
        concat!($literal, "\0").as_ptr() as *const c_char
    };
}

struct DirectoryCheck {
    path: String,
    most: i64,
    series: i32,
}

/// Why a run is unhealthy. The message is the same at each such run: numbers go into the error, which is for the log.
struct Failure {
    message: String,
    error: String,
}

impl DirectoryCheck {
    fn new(setup: &Setup) -> DirectoryCheck {
        let path = setup.text(text!("path"));
        let series = setup.series(0, &[&path]);
        DirectoryCheck { series, path, most: setup.integer(text!("most")) }
    }

    fn run(&self, run: &Run) -> Result<&'static str, Failure> {
        let cannot_look =
            |e: std::io::Error| Failure { message: format!("cannot look into {}", self.path), error: e.to_string() };
        let mut entries: i64 = 0;
        for entry in std::fs::read_dir(&self.path).map_err(cannot_look)? {
            entry.map_err(cannot_look)?;
            if run.remaining_ms() == 0 {
                return Err(Failure { message: "no time to count".into(), error: format!("{} were counted", entries) });
            }
            entries += 1;
        }
        run.observe(self.series, entries as f64);
        if entries <= self.most {
            return Ok("no more entries than allowed");
        }
        Err(Failure { message: "too many entries".into(), error: format!("{} were counted", entries) })
    }
}

const SETTINGS: &[pw_setting] = &[
    pw_setting {
        key: text!("path"),
        default_value: text!("/"),
        choices: null(),
        meaning: text!("the directory to look into"),
        r#type: PW_SETTING_TEXT,
        flags: 0,
    },
    pw_setting {
        key: text!("most"),
        default_value: text!("1000"),
        choices: null(),
        meaning: text!("how many entries it may have"),
        r#type: PW_SETTING_INTEGER,
        flags: 0,
    },
];

const LABELS: &[*const c_char] = &[text!("path")];

const METRICS: &[pw_metric] = &[pw_metric {
    name: text!("@METRIC@_entries"),
    help: text!("Entries of a directory."),
    labels: LABELS.as_ptr(),
    buckets: null(),
    r#type: PW_METRIC_GAUGE,
    label_count: LABELS.len() as u32,
    bucket_count: 0,
    reserved: 0,
}];

static PLUGIN: pw_plugin = pw_plugin {
    size: size_of::<pw_plugin>() as u32,
    abi_major: PW_ABI_MAJOR,
    abi_minor: PW_ABI_MINOR,
    name: text!("@NAME@"),
    version: text!("0.1.0"),
    description: text!("A directory has no more entries than it may have"),
    default_check: text!("@NAME@"),
    settings: SETTINGS.as_ptr(),
    metrics: METRICS.as_ptr(),
    settings_count: SETTINGS.len() as u32,
    setting_size: size_of::<pw_setting>() as u32,
    metrics_count: METRICS.len() as u32,
    metric_size: size_of::<pw_metric>() as u32,
    create,
    run,
    destroy,
};

#[no_mangle]
pub extern "C" fn pulsewatch_plugin_v1() -> *const pw_plugin {
    &PLUGIN
}

// ---- The boundary: no panic crosses it, and what is unsafe is here. ----

/// Text for the host; a NUL would end it.
fn c_string(text: &str) -> CString {
    CString::new(text.replace('\0', " ")).expect("no NUL is left")
}

/// The host's side of a check that is being created.
struct Setup<'a> {
    host: &'a pw_host,
    check: *mut pw_check,
}

impl Setup<'_> {
    /// A setting's value or default; "" when it has neither.
    fn text(&self, key: *const c_char) -> String {
        let value = unsafe { (self.host.setting_text)(self.check, key) };
        if value.is_null() {
            return String::new();
        }
        unsafe { CStr::from_ptr(value) }.to_string_lossy().into_owned()
    }

    fn integer(&self, key: *const c_char) -> i64 {
        let mut value = 0;
        unsafe { (self.host.setting_integer)(self.check, key, &mut value) };
        value
    }

    /// The series of a metric, by its index in METRICS, with these label values.
    fn series(&self, metric: u32, labels: &[&str]) -> i32 {
        let values: Vec<CString> = labels.iter().map(|label| c_string(label)).collect();
        let pointers: Vec<*const c_char> = values.iter().map(|value| value.as_ptr()).collect();
        unsafe { (self.host.add_series)(self.check, metric, pointers.as_ptr(), pointers.len() as u32) }
    }
}

/// The host's side of a run.
struct Run<'a> {
    host: &'a pw_host,
    run: *mut pw_run,
}

impl Run<'_> {
    fn remaining_ms(&self) -> i64 {
        unsafe { (self.host.remaining_ms)(self.run) }
    }

    fn observe(&self, series: i32, value: f64) {
        unsafe { (self.host.observe)(self.run, series, value) }
    }

    fn say(&self, status: i32, message: &str, error: &str) {
        unsafe { (self.host.set_result)(self.run, status, c_string(message).as_ptr()) };
        if !error.is_empty() {
            unsafe { (self.host.set_error)(self.run, c_string(error).as_ptr()) };
        }
    }
}

unsafe extern "C" fn create(host: *const pw_host, check: *mut pw_check) -> *mut c_void {
    let host = &*host;
    match catch_unwind(|| Box::into_raw(Box::new(DirectoryCheck::new(&Setup { host, check })))) {
        Ok(made) => made as *mut c_void,
        Err(_) => {
            (host.create_failed)(check, text!("the plugin panicked"));
            std::ptr::null_mut()
        }
    }
}

unsafe extern "C" fn run(this: *mut c_void, host: *const pw_host, run: *mut pw_run) {
    let check = &*(this as *const DirectoryCheck);
    let run = Run { host: &*host, run };
    match catch_unwind(AssertUnwindSafe(|| check.run(&run))) {
        Ok(Ok(message)) => run.say(PW_STATUS_HEALTHY, message, ""),
        Ok(Err(failure)) => run.say(PW_STATUS_UNHEALTHY, &failure.message, &failure.error),
        Err(_) => run.say(PW_STATUS_UNHEALTHY, "the plugin panicked", ""),
    }
}

unsafe extern "C" fn destroy(this: *mut c_void) {
    drop(Box::from_raw(this as *mut DirectoryCheck));
}
