// The three things that `http` looks at. Each prints its table and adds its rows to the table of aims. One thread; throw std::exception
// when what is measured doesn't work.
#pragma once

#include "bench/parts.h"
#include "bench/table.h"

namespace pulsewatch::bench {

void benchThroughput(const Options& options, Table& aims);  // requests a second, CPU and system calls a request
void benchFootprint(const Options& options, Table& aims);   // memory when idle, and of an idle connection
void benchSiege(const Options& options, Table& aims);       // `/ready` while nothing else works

}  // namespace pulsewatch::bench
