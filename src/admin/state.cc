#include "admin/state.h"

namespace fairlead::admin {

void PublishedState::publish(View view) {
  // Before the lock, so that the old view, which ends up here, goes after it.
  std::shared_ptr<const View> fresh = std::make_shared<const View>(std::move(view));
  std::lock_guard lock(mutex_);
  view_.swap(fresh);
}

void PublishedState::start_draining() {
  std::lock_guard lock(mutex_);
  is_draining_ = true;
}

std::shared_ptr<const View> PublishedState::view() const {
  std::lock_guard lock(mutex_);
  return view_;
}

std::optional<bool> PublishedState::is_up(const std::string& service,
                                          const std::string& url) const {
  return is_up_ ? is_up_(service, url) : std::nullopt;
}

bool PublishedState::is_draining() const {
  std::lock_guard lock(mutex_);
  return is_draining_;
}

}  // namespace fairlead::admin
