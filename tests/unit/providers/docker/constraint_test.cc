#include "providers/docker/constraint.h"

#include <doctest/doctest.h>

namespace fairlead::providers::docker {

TEST_CASE("constraints_admit_what_they_say") {
  const std::map<std::string, std::string> kLabels{{"tier", "front"}, {"stage", "dev2"}};
  struct Row {
    const char* text;
    bool admits;
  };
  const Row kRows[] = {
      {"", true},
      {"  ", true},
      {"Label(`tier`,`front`)", true},
      {"Label(\"tier\", \"back\")", false},
      {"Label(`none`,``)", true},
      {"LabelRegex(`stage`,`dev`)", true},
      {"LabelRegex(`stage`,`^dev$`)", false},
      {"!Label(`tier`,`back`)", true},
      {"!!Label(`tier`,`front`)", true},
      {"Label(`tier`,`front`) && Label(`stage`,`prod`)", false},
      {"Label(`tier`,`front`) || Label(`stage`,`prod`) && Label(`x`,`y`)", true},
      {"(Label(`tier`,`front`) || Label(`stage`,`prod`)) && Label(`x`,`y`)", false},
      {"!(Label(`tier`,`back`) || Label(`stage`,`prod`))", true},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    auto constraint = Constraint::compile(row.text);
    REQUIRE(constraint);
    CHECK(constraint->admits(kLabels) == row.admits);
  }
}

TEST_CASE("faulty_constraints_say_where") {
  struct Row {
    const char* text;
    const char* part;
  };
  const Row kRows[] = {
      {"Label(`a`)", "second value (column 10)"},
      {"Label(`a`,`b`", "closing )"},
      {"Lable(`a`,`b`)", "expects Label"},
      {"Label(a,b)", "backticks or double quotes"},
      {"Label(`a`,`b`) Label(`c`,`d`)", "does not expect"},
      {"Label(`a`,`b`) &&", "expects Label"},
      {"(Label(`a`,`b`)", "closing )"},
      {"LabelRegex(`a`,`(`)", "bad expression"},
      {"Label(`a`,`b", "does not end"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    auto constraint = Constraint::compile(row.text);
    REQUIRE_FALSE(constraint);
    CHECK_MESSAGE(constraint.error().find(row.part) != std::string::npos, constraint.error());
  }
  CHECK_FALSE(Constraint::compile(std::string(10'000, '(')));
  CHECK_FALSE(Constraint::compile(std::string(10'000, '!')));
}

}  // namespace fairlead::providers::docker
