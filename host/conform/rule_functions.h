// What each rule does; rules.cpp has their names and meanings. See Rule::holds.
#pragma once

#include "conform/progress.h"
#include "conform/subject.h"

#include <string>

namespace pulsewatch::conform {

// static_rules.cpp: without the plugin at work
std::string exportsItsEntry(const Subject& subject, Progress& progress);
std::string describesItself(const Subject& subject, Progress& progress);

// settings_rules.cpp
std::string bearsSettings(const Subject& subject, Progress& progress);
std::string recoversFromFailedCreate(const Subject& subject, Progress& progress);

// run_rules.cpp
std::string givesResult(const Subject& subject, Progress& progress);
std::string keepsSecrets(const Subject& subject, Progress& progress);
std::string obeysDeadline(const Subject& subject, Progress& progress);
std::string obeysCancel(const Subject& subject, Progress& progress);

// lifecycle_rules.cpp
std::string bearsInstances(const Subject& subject, Progress& progress);
std::string leavesNoMemory(const Subject& subject, Progress& progress);
std::string leavesNoDescriptor(const Subject& subject, Progress& progress);
std::string leavesNoThread(const Subject& subject, Progress& progress);
std::string leavesNoProcess(const Subject& subject, Progress& progress);

// process_rules.cpp
std::string leavesProcessAlone(const Subject& subject, Progress& progress);
std::string printsNothing(const Subject& subject, Progress& progress);
std::string unloads(const Subject& subject, Progress& progress);

}  // namespace pulsewatch::conform
