// Times as text, with the calendar work done once a second: each worker has one TimeText and
// formats its own lines with it. One thread.
#pragma once

#include <chrono>
#include <ctime>
#include <string_view>

#include "observe/line.h"

namespace fairlead::observe {

class TimeText {
 public:
  enum class Zone : uint8_t { utc, local };
  explicit TimeText(Zone zone) : zone_(zone) {}

  using Time = std::chrono::system_clock::time_point;
  void put_clf(Line& line, Time time);           // 02/Jan/2006:15:04:05 -0700
  void put_rfc3339(Line& line, Time time);       // 2006-01-02T15:04:05+02:00, or Z
  void put_rfc3339_nano(Line& line, Time time);  // the same with a fraction, its trailing zeros cut

 private:
  void turn_to(std::time_t second);

  Zone zone_;
  std::time_t second_ = -1;
  char clf_[40] = {};
  char date_[32] = {};    // up to the second
  char offset_[16] = {};  // "Z" or "+02:00"
};

}  // namespace fairlead::observe
