#include "observe/time_text.h"

#include <cstdio>
#include <cstdlib>

namespace fairlead::observe {
namespace {

// Go's month names; strftime's depend on the locale.
constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::time_t whole_seconds(TimeText::Time time) {
  using namespace std::chrono;
  return static_cast<std::time_t>(floor<seconds>(time.time_since_epoch()).count());
}

}  // namespace

void TimeText::turn_to(std::time_t second) {
  if (second == second_) return;
  second_ = second;
  std::tm parts{};
  if (zone_ == Zone::utc) {
    gmtime_r(&second, &parts);
  } else {
    localtime_r(&second, &parts);
  }
  long minutes = std::labs(parts.tm_gmtoff) / 60;
  char sign = parts.tm_gmtoff < 0 ? '-' : '+';
  int year = parts.tm_year + 1900;
  std::snprintf(clf_, sizeof clf_, "%02d/%s/%04d:%02d:%02d:%02d %c%02ld%02ld", parts.tm_mday,
                kMonths[parts.tm_mon], year, parts.tm_hour, parts.tm_min, parts.tm_sec, sign,
                minutes / 60, minutes % 60);
  std::snprintf(date_, sizeof date_, "%04d-%02d-%02dT%02d:%02d:%02d", year, parts.tm_mon + 1,
                parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  if (parts.tm_gmtoff == 0) {
    std::snprintf(offset_, sizeof offset_, "Z");
  } else {
    std::snprintf(offset_, sizeof offset_, "%c%02ld:%02ld", sign, minutes / 60, minutes % 60);
  }
}

void TimeText::put_clf(Line& line, Time time) {
  turn_to(whole_seconds(time));
  line.put(std::string_view(clf_));
}

void TimeText::put_rfc3339(Line& line, Time time) {
  turn_to(whole_seconds(time));
  line.put(std::string_view(date_));
  line.put(std::string_view(offset_));
}

void TimeText::put_rfc3339_nano(Line& line, Time time) {
  turn_to(whole_seconds(time));
  line.put(std::string_view(date_));
  auto nanos =
      (time.time_since_epoch() - std::chrono::seconds(second_)) / std::chrono::nanoseconds(1);
  if (nanos != 0) {
    char digits[9];
    for (int i = 8; i >= 0; --i, nanos /= 10) digits[i] = static_cast<char>('0' + nanos % 10);
    size_t used = sizeof digits;
    while (digits[used - 1] == '0') --used;
    line.put('.');
    line.put(std::string_view(digits, used));
  }
  line.put(std::string_view(offset_));
}

}  // namespace fairlead::observe
