#include "bench/host.h"
#include "bench/parts.h"
#include "bench/process_tree.h"
#include "bench/samples.h"
#include "bench/table.h"

#include <chrono>
#include <iostream>
#include <thread>

namespace pulsewatch::bench {

namespace {

double ms(std::chrono::steady_clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

}  // namespace

void benchStart(const Options& options) {
  const Servers servers;
  const int rounds = options.short_form ? 2 : 21;
  const std::chrono::seconds idle(options.short_form ? 1 : 30);
  Samples healthz;
  Samples ready;
  Samples cpu_ms;
  for (int round = 0; round <= rounds; ++round) {
    Host host(servers);
    host.waitFor("/healthz");
    const double first = ms(host.age());
    host.waitFor("/ready");
    const double last = ms(host.age());
    const double cpu = cpuSeconds(host.pid()) * 1000;
    host.stop();
    if (round == 0) continue;  // the warm-up
    healthz.add(first);
    ready.add(last);
    cpu_ms.add(cpu);
  }

  Host host(servers);
  host.waitFor("/ready");
  std::this_thread::sleep_for(idle);  // so that threads of the start have ended
  const Memory memory = memoryOf(host.pid());
  host.stop();

  std::cout << "Start: from just before fork() to the answer, " << rounds << " times, with real servers; memory " << idle.count()
            << " s later.\n"
            << std::flush;
  Table table({"", "measured", "aim"});
  table.add({"to the first `/healthz` with 200, ms", shown(healthz, 1), "50"});
  table.add({"to the first `/ready` with 200, ms", shown(ready, 1), "200"});
  table.add({"CPU until then, ms", shown(cpu_ms, 0), ""});
  table.add({"resident while idle, mysql and redis inside, MiB", fixed(memory.resident_mib, 1), "20"});
  table.add({"the same, shared pages divided, MiB", fixed(memory.proportional_mib, 1), ""});
  table.print();
}

}  // namespace pulsewatch::bench
