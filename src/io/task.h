// Task<T>: a value that is already here, or a coroutine that has not run yet. Lazy, single awaiter,
// moved never copied. A plain function that usually has its answer returns a ready Task and costs
// no frame. Frames come from the thread's BlockPool. The only file that touches coroutine_handle
// besides wait.h; a suspended frame is never destroyed: whoever starts a task awaits it or spawns
// it into a Scope.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/block_pool.h"
#include "base/check.h"

#if defined(__has_cpp_attribute) && __has_cpp_attribute(clang::coro_await_elidable)
#define FAIRLEAD_CORO_ELIDABLE [[clang::coro_await_elidable]]
#else
#define FAIRLEAD_CORO_ELIDABLE
#endif

namespace fairlead::io {

template <class T>
class Task;

namespace detail {

struct FramePromise {
  std::coroutine_handle<> continuation;

  static void* operator new(size_t bytes) { return BlockPool::take(bytes); }
  static void operator delete(void* frame, size_t bytes) noexcept { BlockPool::give(frame, bytes); }

  std::suspend_always initial_suspend() noexcept { return {}; }
  struct Final {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept {
      return self.promise().continuation;
    }
    void await_resume() noexcept {}
  };
  Final final_suspend() noexcept { return {}; }
  // Errors are values; an exception that reaches a coroutine's edge is a bug (or out of memory).
  [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
};

template <class T>
struct Promise : FramePromise {
  std::optional<T> value;
  Task<T> get_return_object();
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
};

template <>
struct Promise<void> : FramePromise {
  Task<void> get_return_object();
  void return_void() noexcept {}
};

}  // namespace detail

template <class T>
class [[nodiscard]] FAIRLEAD_CORO_ELIDABLE Task {
 public:
  using promise_type = detail::Promise<T>;

  // A task whose value is here.
  Task(T value) : value_(std::move(value)) {}
  // So that `return fail(…)` and other things a T is made from work in functions returning Task<T>.
  template <class U>
    requires(std::is_convertible_v<U, T> && !std::is_same_v<std::decay_t<U>, Task> &&
             !std::is_same_v<std::decay_t<U>, T>)
  Task(U&& from) : value_(T(std::forward<U>(from))) {}

  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  Task(Task&& other) noexcept
      : frame_(std::exchange(other.frame_, nullptr)), value_(std::move(other.value_)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    // A frame that never started has no suspended callee and may go; one that waits may not (see
    // above).
    if (frame_) frame_.destroy();
  }

  bool is_ready() const { return !frame_; }
  // Only when is_ready().
  T take() { return std::move(*value_); }

  bool await_ready() const noexcept { return !frame_; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
    frame_.promise().continuation = caller;
    return frame_;
  }
  T await_resume() {
    if (!frame_) return std::move(*value_);
    T result = std::move(*frame_.promise().value);
    std::exchange(frame_, nullptr).destroy();
    return result;
  }

 private:
  std::coroutine_handle<promise_type> frame_;
  std::optional<T> value_;
};

template <>
class [[nodiscard]] FAIRLEAD_CORO_ELIDABLE Task<void> {
 public:
  using promise_type = detail::Promise<void>;

  Task() = default;
  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (frame_) frame_.destroy();
  }

  bool is_ready() const { return !frame_; }
  bool await_ready() const noexcept { return !frame_; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
    frame_.promise().continuation = caller;
    return frame_;
  }
  void await_resume() {
    if (frame_) std::exchange(frame_, nullptr).destroy();
  }

 private:
  std::coroutine_handle<promise_type> frame_;
};

namespace detail {
template <class T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

// The root of a spawned task: runs it, destroys it, then tells its owner. Only Scope makes these.
struct Root {
  struct promise_type {
    static void* operator new(size_t bytes) { return BlockPool::take(bytes); }
    static void operator delete(void* frame, size_t bytes) noexcept {
      BlockPool::give(frame, bytes);
    }
    Root get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};
}  // namespace detail

}  // namespace fairlead::io
