// The binary's entry: words in, exit code out.
#include "cmd/fairlead/commands.h"

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  return fairlead::command::run_words(std::move(words));
}
