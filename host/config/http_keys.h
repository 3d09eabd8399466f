// The keys of the HTTP front: its listeners, its limits, TLS, and who may see what. Pure but for the mistakes it adds; one thread.
#pragma once
#include "config/host_config.h"
#include "config/key_reader.h"

namespace pulsewatch {

// http.*, https.*, admin.*, metrics.enabled.
void readHttpKeys(KeyReader& reader, HostConfig& config);

}  // namespace pulsewatch
