// stop-thread PID NAME: holds the first thread of that name of a process, by ptrace(2), until the process has gone. The others go on.
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>

static pid_t found(const char* process, const char* name) {
  char path[512];
  snprintf(path, sizeof path, "/proc/%s/task", process);
  DIR* tasks = opendir(path);
  if (tasks == NULL) return 0;
  pid_t thread = 0;
  for (struct dirent* task; thread == 0 && (task = readdir(tasks)) != NULL;) {
    char comm[64] = "";
    snprintf(path, sizeof path, "/proc/%s/task/%s/comm", process, task->d_name);
    FILE* file = fopen(path, "r");
    if (file == NULL) continue;
    if (fgets(comm, sizeof comm, file) != NULL) comm[strcspn(comm, "\n")] = '\0';
    fclose(file);
    if (strcmp(comm, name) == 0) thread = (pid_t)atol(task->d_name);
  }
  closedir(tasks);
  return thread;
}

int main(int argc, char** argv) {
  const pid_t thread = argc == 3 ? found(argv[1], argv[2]) : 0;
  if (thread == 0) return fprintf(stderr, "there is no such thread\n"), 1;
  if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) != 0 || ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) != 0) return perror("ptrace"), 1;
  int status = 0;
  while (waitpid(thread, &status, __WALL) > 0 && !WIFEXITED(status) && !WIFSIGNALED(status)) continue;  // it is never let go of
  return 0;
}
