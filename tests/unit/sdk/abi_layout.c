/* The boundary as it was promised: where each field of each struct of abi.h lies, what type it has, what each number is. Within a major
 * version a struct grows at its end and a list of numbers too; nothing else here ever changes. Compiled in every language abi.h is for
 * (abi_test.cpp), never run. For machines with 64-bit pointers and longs. */
#include <pulsewatch/abi.h>

#include <stddef.h>

#if defined(__cplusplus)
#define FROZEN(name, fact) static_assert(fact, #name " has changed")
#elif __STDC_VERSION__ >= 201112L
#define FROZEN(name, fact) _Static_assert(fact, #name " has changed")
#else
#define FROZEN(name, fact) typedef char frozen_##name[(fact) ? 1 : -1]
#endif
#define NUMBER(name, number) FROZEN(name, (name) == (number))
#define SIZE(type, bytes) FROZEN(size_of_##type, sizeof(type) == (bytes))
#define FIELD(type, field, offset) FROZEN(type##_##field, offsetof(type, field) == (offset))

NUMBER(PW_ABI_MAJOR, 1);
NUMBER(PW_ABI_MINOR, 0);
NUMBER(PW_STATUS_UNKNOWN, 0);
NUMBER(PW_STATUS_HEALTHY, 1);
NUMBER(PW_STATUS_DEGRADED, 2);
NUMBER(PW_STATUS_UNHEALTHY, 3);
NUMBER(PW_LOG_DEBUG, 1);
NUMBER(PW_LOG_INFO, 2);
NUMBER(PW_LOG_WARNING, 3);
NUMBER(PW_LOG_ERROR, 4);
NUMBER(PW_LOG_CRITICAL, 5);
NUMBER(PW_SETTING_TEXT, 1);
NUMBER(PW_SETTING_SECRET, 2);
NUMBER(PW_SETTING_URL, 3);
NUMBER(PW_SETTING_INTEGER, 4);
NUMBER(PW_SETTING_NUMBER, 5);
NUMBER(PW_SETTING_BOOLEAN, 6);
NUMBER(PW_SETTING_DURATION, 7);
NUMBER(PW_SETTING_ENUM, 8);
NUMBER(PW_SETTING_REQUIRED, 1);
NUMBER(PW_SETTING_HIDDEN, 2);
NUMBER(PW_METRIC_COUNTER, 1);
NUMBER(PW_METRIC_GAUGE, 2);
NUMBER(PW_METRIC_HISTOGRAM, 3);

SIZE(pw_setting, 40);
FIELD(pw_setting, key, 0);
FIELD(pw_setting, default_value, 8);
FIELD(pw_setting, choices, 16);
FIELD(pw_setting, meaning, 24);
FIELD(pw_setting, type, 32);
FIELD(pw_setting, flags, 36);

SIZE(pw_metric, 48);
FIELD(pw_metric, name, 0);
FIELD(pw_metric, help, 8);
FIELD(pw_metric, labels, 16);
FIELD(pw_metric, buckets, 24);
FIELD(pw_metric, type, 32);
FIELD(pw_metric, label_count, 36);
FIELD(pw_metric, bucket_count, 40);
FIELD(pw_metric, reserved, 44);

SIZE(pw_log_line, 40);
FIELD(pw_log_line, size, 0);
FIELD(pw_log_line, level, 4);
FIELD(pw_log_line, event, 8);
FIELD(pw_log_line, message, 16);
FIELD(pw_log_line, error, 24);
FIELD(pw_log_line, duration_ms, 32);

SIZE(pw_host, 128);
FIELD(pw_host, size, 0);
FIELD(pw_host, abi_major, 4);
FIELD(pw_host, abi_minor, 6);
FIELD(pw_host, check_name, 8);
FIELD(pw_host, check_alias, 16);
FIELD(pw_host, setting_text, 24);
FIELD(pw_host, setting_integer, 32);
FIELD(pw_host, setting_number, 40);
FIELD(pw_host, log_enabled, 48);
FIELD(pw_host, log, 56);
FIELD(pw_host, add_series, 64);
FIELD(pw_host, create_failed, 72);
FIELD(pw_host, set_result, 80);
FIELD(pw_host, set_error, 88);
FIELD(pw_host, observe, 96);
FIELD(pw_host, remaining_ms, 104);
FIELD(pw_host, cancelled, 112);
FIELD(pw_host, watch, 120);

SIZE(pw_plugin, 96);
FIELD(pw_plugin, size, 0);
FIELD(pw_plugin, abi_major, 4);
FIELD(pw_plugin, abi_minor, 6);
FIELD(pw_plugin, name, 8);
FIELD(pw_plugin, version, 16);
FIELD(pw_plugin, description, 24);
FIELD(pw_plugin, default_check, 32);
FIELD(pw_plugin, settings, 40);
FIELD(pw_plugin, metrics, 48);
FIELD(pw_plugin, settings_count, 56);
FIELD(pw_plugin, setting_size, 60);
FIELD(pw_plugin, metrics_count, 64);
FIELD(pw_plugin, metric_size, 68);
FIELD(pw_plugin, create, 72);
FIELD(pw_plugin, run, 80);
FIELD(pw_plugin, destroy, 88);

/* The types: an assignment of pointers compiles when they are the same. */
void frozenData(pw_setting* setting, pw_metric* metric, pw_log_line* line, pw_host* host, pw_plugin* plugin);
void frozenData(pw_setting* setting, pw_metric* metric, pw_log_line* line, pw_host* host, pw_plugin* plugin) {
  const char** text[] = {&setting->key,         &setting->default_value, &setting->choices, &setting->meaning,
                         &metric->name,         &metric->help,           &line->event,      &line->message,
                         &line->error,          &plugin->name,           &plugin->version,  &plugin->description,
                         &plugin->default_check};
  int32_t* whole[] = {&setting->type, &metric->type, &line->level};
  uint32_t* natural[] = {&setting->flags,     &metric->label_count, &metric->bucket_count,   &metric->reserved,     &line->size,
                         &host->size,         &plugin->size,        &plugin->settings_count, &plugin->setting_size, &plugin->metrics_count,
                         &plugin->metric_size};
  uint16_t* versions[] = {&host->abi_major, &host->abi_minor, &plugin->abi_major, &plugin->abi_minor};
  const char* const** labels = &metric->labels;
  const double** buckets = &metric->buckets;
  double* duration = &line->duration_ms;
  const pw_setting** settings = &plugin->settings;
  const pw_metric** metrics = &plugin->metrics;
  (void)text, (void)whole, (void)natural, (void)versions, (void)labels, (void)buckets, (void)duration, (void)settings, (void)metrics;
}

void frozenFunctions(pw_host* host, pw_plugin* plugin);
void frozenFunctions(pw_host* host, pw_plugin* plugin) {
  const char* (**names[])(const pw_check*) = {&host->check_name, &host->check_alias};
  const char* (**setting_text)(const pw_check*, const char*) = &host->setting_text;
  int32_t (**setting_integer)(const pw_check*, const char*, int64_t*) = &host->setting_integer;
  int32_t (**setting_number)(const pw_check*, const char*, double*) = &host->setting_number;
  int32_t (**log_enabled)(const pw_check*, int32_t) = &host->log_enabled;
  void (**log)(pw_check*, pw_run*, const pw_log_line*) = &host->log;
  int32_t (**add_series)(pw_check*, uint32_t, const char* const*, uint32_t) = &host->add_series;
  void (**create_failed)(pw_check*, const char*) = &host->create_failed;
  void (**set_result)(pw_run*, int32_t, const char*) = &host->set_result;
  void (**set_error)(pw_run*, const char*) = &host->set_error;
  void (**observe)(pw_run*, int32_t, double) = &host->observe;
  int64_t (**remaining_ms)(const pw_run*) = &host->remaining_ms;
  int32_t (**cancelled)(const pw_run*) = &host->cancelled;
  int32_t (**watch)(pw_run*, int32_t) = &host->watch;
  void* (**create)(const pw_host*, pw_check*) = &plugin->create;
  void (**run)(void*, const pw_host*, pw_run*) = &plugin->run;
  void (**destroy)(void*) = &plugin->destroy;
  const pw_plugin* (*entry)(void) = pulsewatch_plugin_v1;
  (void)names, (void)setting_text, (void)setting_integer, (void)setting_number, (void)log_enabled, (void)log, (void)add_series;
  (void)create_failed, (void)set_result, (void)set_error, (void)observe, (void)remaining_ms, (void)cancelled, (void)watch;
  (void)create, (void)run, (void)destroy, (void)entry;
}
