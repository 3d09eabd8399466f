/* A check of pulsewatch: a directory has no more entries than it may have, as a spool of mail or of jobs. Put your own in its place. */
#define _POSIX_C_SOURCE 200809L

#include <pulsewatch/abi.h>

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct directory_check {
  const char* path; /* the host's, and valid as long as the check */
  int64_t most;
  int32_t series;
} directory_check;

static void* create(const pw_host* host, pw_check* check) {
  directory_check* self = calloc(1, sizeof *self);
  if (self == NULL) {
    host->create_failed(check, "no memory");
    return NULL;
  }
  self->path = host->setting_text(check, "path");
  host->setting_integer(check, "most", &self->most);
  self->series = host->add_series(check, 0, &self->path, 1);
  return self;
}

/* 0, or an error number: ETIME when the run's time is over before the end. */
static int count_entries(const char* path, int64_t* entries, const pw_host* host, pw_run* run) {
  int failure = 0;
  DIR* directory = opendir(path);
  if (directory == NULL) return errno;
  while (failure == 0) {
    const struct dirent* entry;
    errno = 0;
    entry = readdir(directory);
    if (entry == NULL) {
      failure = errno;
      break;
    }
    if (host->remaining_ms(run) == 0) failure = ETIME;
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) ++*entries;
  }
  closedir(directory);
  return failure;
}

static void run_check(void* instance, const pw_host* host, pw_run* run) {
  const directory_check* self = instance;
  char message[500];
  char error[200];
  int64_t entries = 0;
  const int failure = count_entries(self->path, &entries, host, run);
  if (failure == 0) host->observe(run, self->series, (double)entries);
  if (failure == 0 && entries <= self->most) {
    host->set_result(run, PW_STATUS_HEALTHY, "no more entries than allowed");
    return;
  }
  /* A message is the same at each such run: numbers go into the error, which is for the log. */
  if (failure != 0 && failure != ETIME) {
    snprintf(message, sizeof message, "cannot look into %s", self->path);
    if (strerror_r(failure, error, sizeof error) != 0) snprintf(error, sizeof error, "error %d", failure);
  } else {
    snprintf(message, sizeof message, "%s", failure == 0 ? "too many entries" : "no time to count");
    snprintf(error, sizeof error, "%" PRId64 " were counted", entries);
  }
  host->set_result(run, PW_STATUS_UNHEALTHY, message);
  host->set_error(run, error);
}

static void destroy(void* instance) { free(instance); }

PW_EXPORT const pw_plugin* pulsewatch_plugin_v1(void) {
  static const pw_setting settings[] = {
      {"path", "/", NULL, "the directory to look into", PW_SETTING_TEXT, 0},
      {"most", "1000", NULL, "how many entries it may have", PW_SETTING_INTEGER, 0},
  };
  static const char* const labels[] = {"path"};
  static const pw_metric metrics[] = {{"@METRIC@_entries", "Entries of a directory.", labels, NULL, PW_METRIC_GAUGE, 1, 0, 0}};
  static const pw_plugin plugin = {
      sizeof(pw_plugin),
      PW_ABI_MAJOR,
      PW_ABI_MINOR,
      "@NAME@",
      "0.1.0",
      "A directory has no more entries than it may have",
      "@NAME@",
      settings,
      metrics,
      sizeof settings / sizeof settings[0],
      sizeof(pw_setting),
      sizeof metrics / sizeof metrics[0],
      sizeof(pw_metric),
      create,
      run_check,
      destroy,
  };
  return &plugin;
}
