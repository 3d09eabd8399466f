// The inside of a worker: opens the library it is handed, makes the checks it is told of and runs them, as a host with
// plugins.isolation = host does (plugin/local_runner.h), and tells of it over the channel.
#pragma once

namespace pulsewatch {

// The program's main when it is started as a worker; the process ends with it. Never returns while the host lives and wants it.
int runWorker();

}  // namespace pulsewatch
