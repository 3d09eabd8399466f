//! pulsewatch/abi.h in Rust, by its own names: what each part means, its units, threads and ownership are said there. Version 1.0.
#![allow(dead_code, non_camel_case_types)]

use std::os::raw::{c_char, c_void};

pub const PW_ABI_MAJOR: u16 = 1;
pub const PW_ABI_MINOR: u16 = 0;

pub const PW_STATUS_UNKNOWN: i32 = 0;
pub const PW_STATUS_HEALTHY: i32 = 1;
pub const PW_STATUS_DEGRADED: i32 = 2;
pub const PW_STATUS_UNHEALTHY: i32 = 3;

pub const PW_LOG_DEBUG: i32 = 1;
pub const PW_LOG_INFO: i32 = 2;
pub const PW_LOG_WARNING: i32 = 3;
pub const PW_LOG_ERROR: i32 = 4;
pub const PW_LOG_CRITICAL: i32 = 5;

pub const PW_SETTING_TEXT: i32 = 1;
pub const PW_SETTING_SECRET: i32 = 2;
pub const PW_SETTING_URL: i32 = 3;
pub const PW_SETTING_INTEGER: i32 = 4;
pub const PW_SETTING_NUMBER: i32 = 5;
pub const PW_SETTING_BOOLEAN: i32 = 6;
pub const PW_SETTING_DURATION: i32 = 7;
pub const PW_SETTING_ENUM: i32 = 8;

pub const PW_SETTING_REQUIRED: u32 = 1;
pub const PW_SETTING_HIDDEN: u32 = 2;

pub const PW_METRIC_COUNTER: i32 = 1;
pub const PW_METRIC_GAUGE: i32 = 2;
pub const PW_METRIC_HISTOGRAM: i32 = 3;

#[repr(C)]
pub struct pw_setting {
    pub key: *const c_char,
    pub default_value: *const c_char,
    pub choices: *const c_char,
    pub meaning: *const c_char,
    pub r#type: i32,
    pub flags: u32,
}

#[repr(C)]
pub struct pw_metric {
    pub name: *const c_char,
    pub help: *const c_char,
    pub labels: *const *const c_char,
    pub buckets: *const f64,
    pub r#type: i32,
    pub label_count: u32,
    pub bucket_count: u32,
    pub reserved: u32,
}

#[repr(C)]
pub struct pw_check {
    _private: [u8; 0],
}

#[repr(C)]
pub struct pw_run {
    _private: [u8; 0],
}

#[repr(C)]
pub struct pw_log_line {
    pub size: u32,
    pub level: i32,
    pub event: *const c_char,
    pub message: *const c_char,
    pub error: *const c_char,
    pub duration_ms: f64,
}

#[repr(C)]
pub struct pw_host {
    pub size: u32,
    pub abi_major: u16,
    pub abi_minor: u16,
    pub check_name: unsafe extern "C" fn(*const pw_check) -> *const c_char,
    pub check_alias: unsafe extern "C" fn(*const pw_check) -> *const c_char,
    pub setting_text: unsafe extern "C" fn(*const pw_check, *const c_char) -> *const c_char,
    pub setting_integer: unsafe extern "C" fn(*const pw_check, *const c_char, *mut i64) -> i32,
    pub setting_number: unsafe extern "C" fn(*const pw_check, *const c_char, *mut f64) -> i32,
    pub log_enabled: unsafe extern "C" fn(*const pw_check, i32) -> i32,
    pub log: unsafe extern "C" fn(*mut pw_check, *mut pw_run, *const pw_log_line),
    pub add_series: unsafe extern "C" fn(*mut pw_check, u32, *const *const c_char, u32) -> i32,
    pub create_failed: unsafe extern "C" fn(*mut pw_check, *const c_char),
    pub set_result: unsafe extern "C" fn(*mut pw_run, i32, *const c_char),
    pub set_error: unsafe extern "C" fn(*mut pw_run, *const c_char),
    pub observe: unsafe extern "C" fn(*mut pw_run, i32, f64),
    pub remaining_ms: unsafe extern "C" fn(*const pw_run) -> i64,
    pub cancelled: unsafe extern "C" fn(*const pw_run) -> i32,
    pub watch: unsafe extern "C" fn(*mut pw_run, i32) -> i32,
}

#[repr(C)]
pub struct pw_plugin {
    pub size: u32,
    pub abi_major: u16,
    pub abi_minor: u16,
    pub name: *const c_char,
    pub version: *const c_char,
    pub description: *const c_char,
    pub default_check: *const c_char,
    pub settings: *const pw_setting,
    pub metrics: *const pw_metric,
    pub settings_count: u32,
    pub setting_size: u32,
    pub metrics_count: u32,
    pub metric_size: u32,
    pub create: unsafe extern "C" fn(*const pw_host, *mut pw_check) -> *mut c_void,
    pub run: unsafe extern "C" fn(*mut c_void, *const pw_host, *mut pw_run),
    pub destroy: unsafe extern "C" fn(*mut c_void),
}

// It is made at compile time and never changes.
unsafe impl Sync for pw_plugin {}
