/* The boundary between pulsewatch and a plugin, in C.
 *
 * A plugin is a shared library that exports one function, pulsewatch_plugin_v1(). It returns a pw_plugin: what the plugin is
 * (name, version, settings, metrics) and three functions, create, run and destroy. The host hands every function a pw_host, the
 * functions the plugin may call in turn. C++ authors use plugin.h, which is made of this header alone.
 *
 * Rules that hold throughout:
 *  - Text is UTF-8 and ends in NUL. Text that the host gives stays the host's and is valid until the function that received it
 *    returns, or as its comment says. Text that a plugin gives is copied before the call returns. No memory changes owner.
 *  - One check never runs twice at the same time; two checks of one plugin may run at the same time, on different threads. Calls
 *    of one check may come from different threads, one after the other.
 *  - No exception and no longjmp may cross this boundary.
 *  - A struct only ever grows at its end, with a new minor version; `size` says how much of it the other side knows. The host takes
 *    a plugin of its own major version and of a minor version not above its own.
 *
 * Plain C99 and later, C++17 and later. Lengths of time are in milliseconds unless the name says otherwise. */
#ifndef PULSEWATCH_ABI_H
#define PULSEWATCH_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this boundary. The major version is part of the entry symbol's name too. */
#define PW_ABI_MAJOR 1
#define PW_ABI_MINOR 0
#define PW_ENTRY_SYMBOL "pulsewatch_plugin_v1"

#if defined(__GNUC__)
#define PW_EXPORT __attribute__((visibility("default")))
#else
#define PW_EXPORT
#endif

/* The status of a result. 0 is what a run has said that said nothing: the host takes it as unhealthy. */
enum {
  PW_STATUS_UNKNOWN = 0,
  PW_STATUS_HEALTHY = 1,
  PW_STATUS_DEGRADED = 2, /* works, but not as it should; counts as passed */
  PW_STATUS_UNHEALTHY = 3
};

/* The level of a log line; the host drops those below its own (pw_host.log_enabled). */
enum { PW_LOG_DEBUG = 1, PW_LOG_INFO = 2, PW_LOG_WARNING = 3, PW_LOG_ERROR = 4, PW_LOG_CRITICAL = 5 };

/* What a setting's value may be. The host refuses a configuration in which a value doesn't fit, before any check is created. */
enum {
  PW_SETTING_TEXT = 1,
  PW_SETTING_SECRET = 2,   /* text that the host never shows, in no log, answer or listing */
  PW_SETTING_URL = 3,      /* scheme://…; its password is treated as PW_SETTING_SECRET is */
  PW_SETTING_INTEGER = 4,  /* decimal, 64 bits */
  PW_SETTING_NUMBER = 5,   /* decimal, finite */
  PW_SETTING_BOOLEAN = 6,  /* true/false/1/0/yes/no/on/off */
  PW_SETTING_DURATION = 7, /* 250ms, 10s, 2m, 1h */
  PW_SETTING_ENUM = 8      /* one of pw_setting.choices */
};

/* Flags of a setting. */
enum {
  PW_SETTING_REQUIRED = 1u, /* without a value the check isn't made: a configuration mistake that names the key */
  PW_SETTING_HIDDEN = 2u    /* never shown, whatever its type */
};

/* One setting a plugin understands: `check.<name>.<key> = value` in the configuration. Static for the library's life. */
typedef struct pw_setting {
  const char* key;           /* [a-z][a-z0-9_]*, not one of the host's own (plugin, interval, timeout, …) */
  const char* default_value; /* written as in a file; NULL: none */
  const char* choices;       /* PW_SETTING_ENUM: the words, PW_SETTING_URL: the schemes (NULL: any), separated by '|'; else NULL */
  const char* meaning;       /* one line for people */
  int32_t type;              /* PW_SETTING_… */
  uint32_t flags;            /* PW_SETTING_REQUIRED | PW_SETTING_HIDDEN */
} pw_setting;

/* What a metric family is, in Prometheus' words. */
enum { PW_METRIC_COUNTER = 1, PW_METRIC_GAUGE = 2, PW_METRIC_HISTOGRAM = 3 };

/* One metric family a plugin has observations for. Two plugins may share a family when they declare it alike; a plugin that declares
 * it otherwise is refused. Names: https://prometheus.io/docs/practices/naming/. Static for the library's life. */
typedef struct pw_metric {
  const char* name;
  const char* help;          /* one line */
  const char* const* labels; /* label_count names */
  const double* buckets;     /* PW_METRIC_HISTOGRAM: bucket_count upper bounds, rising, without +Inf; else NULL */
  int32_t type;              /* PW_METRIC_… */
  uint32_t label_count;
  uint32_t bucket_count;
  uint32_t reserved; /* 0 */
} pw_metric;

typedef struct pw_check pw_check; /* the host's side of one check: valid from create to the end of destroy */
typedef struct pw_run pw_run;     /* the host's side of one run: valid inside run only, on the thread that called it */

/* One log line. Set `size` to sizeof(pw_log_line); fields that are 0, NULL or negative are left out. */
typedef struct pw_log_line {
  uint32_t size;
  int32_t level;       /* PW_LOG_… */
  const char* event;   /* snake_case, e.g. "database_query"; NULL: "plugin" */
  const char* message; /* for people; never a secret */
  const char* error;   /* the error's own words, or NULL */
  double duration_ms;  /* below 0: none */
} pw_log_line;

/* What the host lends a plugin. Valid for the library's life. Every function may be called with text of any bytes; what isn't UTF-8
 * is repaired. None throws. None blocks, beyond a short lock of the host's own. */
typedef struct pw_host {
  uint32_t size;
  uint16_t abi_major;
  uint16_t abi_minor;

  /* -- From any thread, between a check's create and the end of its destroy. -- */

  /* The check's name, and the `alias` label of its queries. Valid until destroy has returned. */
  const char* (*check_name)(const pw_check* check);
  const char* (*check_alias)(const pw_check* check);

  /* The value of a setting: what the operator wrote, or its default; NULL when it has none or isn't declared. Valid until destroy
   * has returned. */
  const char* (*setting_text)(const pw_check* check, const char* key);

  /* The same, read by its type: an integer as it is, a boolean as 0 or 1, a duration in milliseconds. Returns 1 and sets *value, or
   * returns 0 and leaves it alone when the setting has no value or is of another type. */
  int32_t (*setting_integer)(const pw_check* check, const char* key, int64_t* value);
  int32_t (*setting_number)(const pw_check* check, const char* key, double* value); /* PW_SETTING_NUMBER or _INTEGER */

  /* Whether a line of that level would be written: to save the work of making one. */
  int32_t (*log_enabled)(const pw_check* check, int32_t level);

  /* Writes a log line that names the check, and the run when `run` isn't NULL. May drop the line when there are too many. */
  void (*log)(pw_check* check, pw_run* run, const pw_log_line* line);

  /* -- From create and run only, on their thread. -- */

  /* Makes a series of the plugin's metric number `metric` with these label values, at 0, unless it is there, and returns its number;
   * -1 when there is no such metric, the count of values is wrong or the check has its 100 series already. Series made in create are
   * shown before anything has been observed. The series goes with its last check. */
  int32_t (*add_series)(pw_check* check, uint32_t metric, const char* const* label_values, uint32_t count);

  /* -- From create only. -- */

  /* Says why create is about to return NULL. The check is then unhealthy with this sentence, and create is tried again at its next
   * run. */
  void (*create_failed)(pw_check* check, const char* reason);

  /* -- From run only, on its thread. -- */

  /* What the run found. The last call counts. The message is for people: short, stable (no number that changes from run to run) and
   * without a secret. A status out of range is taken as PW_STATUS_UNKNOWN; message NULL as "". */
  void (*set_result)(pw_run* run, int32_t status, const char* message);

  /* The details behind a failure, for the log only: the error's own words, numbers included. NULL clears them. Call it from a catch
   * block and the log line has the stack trace of the throw too. Not to be called from a destructor. */
  void (*set_error)(pw_run* run, const char* error);

  /* One observation: added to a counter (not below 0), set in a gauge, sampled by a histogram. Ignored when it isn't finite or the
   * series is none of this check's. The host owns the totals. */
  void (*observe)(pw_run* run, int32_t series, double value);

  /* Milliseconds until the run should be over, a little before the host gives it up; 0 when that is past. */
  int64_t (*remaining_ms)(const pw_run* run);

  /* 1 once the host has given the run up or is stopping: whatever the run says now is lost, so return soon. */
  int32_t (*cancelled)(const pw_run* run);

  /* "Run this check again at once when this descriptor hangs up or becomes readable." One shot, to be armed again by each run; the
   * descriptor stays the plugin's and may be closed in run and destroy only. Returns 1 when the host watches it, 0 when this host doesn't
   * (the check then runs at its interval alone). */
  int32_t (*watch)(pw_run* run, int32_t fd);
} pw_host;

/* What a plugin is. Static for the library's life. */
typedef struct pw_plugin {
  uint32_t size; /* sizeof(pw_plugin) */
  uint16_t abi_major;
  uint16_t abi_minor;
  const char* name;          /* [a-z][a-z0-9_-]{0,62}: `check.<name>.plugin = …` */
  const char* version;       /* the plugin's own, e.g. "1.2.0" */
  const char* description;   /* one line for people */
  const char* default_check; /* the name of the check made when none is configured; NULL: none is made */
  const pw_setting* settings;
  const pw_metric* metrics;
  uint32_t settings_count;
  uint32_t setting_size; /* sizeof(pw_setting) */
  uint32_t metrics_count;
  uint32_t metric_size; /* sizeof(pw_metric) */

  /* Makes a check. Returns what run and destroy receive as `self`, or NULL after pw_host.create_failed. Called on a thread of the
   * host's pool, before the check's first run and within that run's time. */
  void* (*create)(const pw_host* host, pw_check* check);

  /* Runs it once: looks, calls host->set_result(), returns. Should be back before host->remaining_ms() is 0; a run that isn't is a
   * failed run, whatever it says later. */
  void (*run)(void* self, const pw_host* host, pw_run* run);

  /* Frees what create made. Never called during a run; never called for a run that doesn't end. */
  void (*destroy)(void* self);
} pw_plugin;

/* The one exported symbol. Called once, from a thread of the host's; NULL is a refusal. */
PW_EXPORT const pw_plugin* pulsewatch_plugin_v1(void);

#ifdef __cplusplus
}
#endif

#endif
