// The parts of the bench, each of which prints its table. One thread; throw std::exception when what is measured doesn't work.
#pragma once

namespace pulsewatch::bench {

struct Options {
  bool short_form = false;  // a try of everything in seconds: its figures say nothing
  bool with_icinga = true;
  int rounds = 50;  // of detect
};

// The machine, the peers' versions and how busy it is.
void describeMachine(const Options& options);

void benchDetect(const Options& options);   // against HAProxy
void benchHttp(const Options& options);     // against nginx
void benchMetrics(const Options& options);  // against collectd and prometheus-cpp
void benchScale(const Options& options);    // against Icinga 2
void benchStart(const Options& options);
void benchWorker(const Options& options);  // against the runner inside the host

}  // namespace pulsewatch::bench
