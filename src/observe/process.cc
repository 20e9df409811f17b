#include "observe/process.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace fairlead::observe {
namespace {

std::string text_of(const char* path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return std::move(text).str();
}

// The fields of /proc/self/stat from "state" on: the name before it may hold anything, but ends at
// the last ")".
std::vector<std::string> stat_fields() {
  std::string stat = text_of("/proc/self/stat");
  size_t name_end = stat.rfind(')');
  std::istringstream rest(name_end == stat.npos ? std::string() : stat.substr(name_end + 1));
  std::vector<std::string> fields;
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

// Seconds since the epoch at which the machine started, 0 when unknown.
double boot_time() {
  std::string stat = text_of("/proc/stat");
  size_t at = stat.find("\nbtime ");
  return at == stat.npos ? 0 : std::strtod(stat.c_str() + at + 7, nullptr);
}

double open_files() {
  std::error_code problem;
  double count = 0;
  std::filesystem::directory_iterator at("/proc/self/fd", problem), end;
  for (; !problem && at != end; at.increment(problem)) ++count;
  return count > 0 ? count - 1 : 0;  // less the one that reads the folder
}

}  // namespace

void collect_process(const std::function<void(Metric, double)>& emit) {
  // proc(5): 14 utime, 15 stime, 22 starttime, 23 vsize, 24 rss, counted from 1; "state" is 3.
  std::vector<std::string> fields = stat_fields();
  auto field = [&](size_t number) { return std::strtod(fields[number - 3].c_str(), nullptr); };
  if (fields.size() > 24 - 3) {
    auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    emit(Metric::process_cpu, (field(14) + field(15)) / ticks);
    emit(Metric::process_resident, field(24) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    emit(Metric::process_virtual, field(23));
    double boot = boot_time();
    if (boot > 0) emit(Metric::process_start, boot + field(22) / ticks);
  }
  emit(Metric::process_open_fds, open_files());
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    emit(Metric::process_max_fds, static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace fairlead::observe
