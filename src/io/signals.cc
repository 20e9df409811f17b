#include "io/signals.h"

#include <utility>

#include <uv.h>

namespace fairlead::io {

struct SignalWatch::Handle {
  uv_signal_t signal;
  std::function<void()> on_signal;
};

SignalWatch::SignalWatch(UvLoop& loop, int signal, std::function<void()> on_signal)
    : handle_(new Handle{{}, std::move(on_signal)}) {
  uv_signal_init(loop.raw(), &handle_->signal);
  uv_signal_start(
      &handle_->signal, [](uv_signal_t* raw, int) { reinterpret_cast<Handle*>(raw)->on_signal(); },
      signal);
}

SignalWatch::~SignalWatch() {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->signal),
           [](uv_handle_t* raw) { delete reinterpret_cast<Handle*>(raw); });
}

}  // namespace fairlead::io
