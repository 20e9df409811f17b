// An intrusive doubly linked list. An element is in at most one list per hook, leaves it in O(1),
// and leaves it by itself when destroyed. No memory of its own; the owner of the elements keeps
// them alive while linked.
#pragma once

namespace fairlead {

struct ListHook {
  ListHook* prev = nullptr;
  ListHook* next = nullptr;

  ListHook() = default;
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;
  ~ListHook() { unlink(); }

  bool is_linked() const { return prev != nullptr; }
  void unlink() {
    if (prev == nullptr) return;
    prev->next = next;
    next->prev = prev;
    prev = next = nullptr;
  }
};

// T derives from ListHook (or from a tag type that does).
template <class T, class Hook = ListHook>
class List {
 public:
  List() { head_.prev = head_.next = &head_; }
  ~List() {
    while (!empty()) head_.next->unlink();
    head_.prev = head_.next = nullptr;
  }
  List(const List&) = delete;
  List& operator=(const List&) = delete;

  bool empty() const { return head_.next == &head_; }
  T& front() { return *static_cast<T*>(static_cast<Hook*>(head_.next)); }
  T& back() { return *static_cast<T*>(static_cast<Hook*>(head_.prev)); }
  void push_back(T& element) { insert_before(head_, static_cast<Hook&>(element)); }
  void push_front(T& element) { insert_before(*head_.next, static_cast<Hook&>(element)); }
  T* pop_front() {
    if (empty()) return nullptr;
    T& element = front();
    static_cast<Hook&>(element).unlink();
    return &element;
  }
  // Visits every element; the visitor may unlink the element it is given.
  template <class Visit>
  void for_each(Visit visit) {
    for (ListHook* at = head_.next; at != &head_;) {
      ListHook* following = at->next;
      visit(*static_cast<T*>(static_cast<Hook*>(at)));
      at = following;
    }
  }

 private:
  static void insert_before(ListHook& at, ListHook& element) {
    element.unlink();
    element.prev = at.prev;
    element.next = &at;
    at.prev->next = &element;
    at.prev = &element;
  }

  ListHook head_;
};

}  // namespace fairlead
