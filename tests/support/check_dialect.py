#!/usr/bin/env python3
"""The part of the coroutine dialect (src/README.md) that can be read off the text.

usage: check_dialect.py [ROOT]      Prints one line a violation; exits 1 when there is one.
"""
import pathlib
import re
import sys

IO_ONLY = [
    (r"\bcoroutine_handle\b", "coroutine_handle is io's alone"),
    (r"\bawait_(?:suspend|ready|resume)\b", "only io defines awaiters"),
    (r"\buv_[a-z_]+\b", "libuv is io's alone"),
]
# What may stand before `co_await` within its statement: nothing, co_return, a named variable's initialiser or assignment.
TARGET = r"(?:[\w:<>,&*\s\[\]]*?[\s&*>])?[A-Za-z_][\w.\->]*(?:\[\w+\])?\s*=\s*"
BEFORE = re.compile(rf"^(?:(?:\w+\s*:\s*)|(?:case\b[^?]*:\s*)|else\s+|(?:if|while|switch)\s*(?:constexpr\s*)?\(\s*|for\s*\(\s*)*"
                    rf"(?:co_return\s+|\(void\)\s*|{TARGET})?$")
OPERATOR = re.compile(r"&&|\|\||[?+/|]|==|!=|<=|>=|<<")


def blank(text):
    """Comments, literals and preprocessor lines become spaces; line breaks stay, so offsets keep their lines."""
    def spaces(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    pattern = (r'R"([^(\s]*)\((?:.|\n)*?\)\1"|//[^\n]*|/\*(?:.|\n)*?\*/|"(?:\\.|[^"\\\n])*"|'
               r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*")
    return re.sub(pattern, spaces, text, flags=re.M)


def statement_head(text, at):
    """The text between the statement's beginning and `at`; a leading `if (...)` or `for (...)` that has closed is dropped."""
    depth, i = 0, at
    while i > 0:
        c = text[i - 1]
        if c in ")]":
            depth += 1
        elif c in "([":
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and c in ";{}":
            break
        i -= 1
    opened = i > 0 and text[i - 1] in "(["
    head = re.sub(r"\s+", " ", text[i:at]).lstrip()
    if opened:
        keyword = re.search(r"\b(if|while|switch|for)\s*(constexpr\s*)?\($", text[:i])
        return (keyword.group(0) + " " + head) if keyword else "( " + head
    closed = re.match(r"(?:else )?(?:if|while|for|switch)\b(?: constexpr)? ?\(", head)
    while closed:
        end = matching(head, closed.end() - 1)
        head = head[end + 1:].lstrip()
        closed = re.match(r"(?:else )?(?:if|while|for|switch)\b(?: constexpr)? ?\(", head)
    return head


def matching(text, at):
    """The index of the bracket that closes the one at `at`."""
    pairs, depth = {"(": ")", "[": "]", "{": "}"}, 0
    for i in range(at, len(text)):
        if text[i] in pairs:
            depth += 1
        elif text[i] in pairs.values():
            depth -= 1
            if depth == 0:
                return i
    return len(text) - 1


def operand_tail(text, at):
    """What follows `co_await` at depth 0 up to the end of its expression, brackets' contents left out."""
    out, i = [], at
    while i < len(text):
        c = text[i]
        if c in "([{":
            i = matching(text, i)
        elif c in ";)]}":
            break
        else:
            out.append(c)
        i += 1
    return "".join(out).replace("->", "  ")


def lambdas(text):
    """(offset, captures, body) of each lambda; bodies of inner lambdas are part of the outer one's."""
    for match in re.finditer(r"(?<![\w\])])\s*\[([^\[\]\n]*)\]\s*(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?\s*(?:mutable|noexcept|const|\s)*(?:->[^{;]*)?\{", text):
        open_at = match.end() - 1
        if text[max(0, match.start() - 1):match.end()].lstrip().startswith("[["):
            continue
        yield match.start(1), match.group(1).strip(), text[open_at + 1:matching(text, open_at)]


def without_lambdas(body):
    for _, _, inner in lambdas(body):
        body = body.replace(inner, " ")
    return body


def check_text(text, in_io):
    """(offset, message) for each violation in one file's text."""
    found = []
    text = blank(text)
    for match in re.finditer(r"\bco_await\b", text):
        head = statement_head(text, match.start())
        if re.search(r"\bauto\s*&{0,2}\s*\[", head):
            found.append((match.start(), "structured binding directly on co_await"))
        elif not BEFORE.match(head) or (re.match(r"(?:if|while|switch)\s*(?:constexpr\s*)?\(\s*$", head)):
            found.append((match.start(), "co_await inside an expression: name its value first"))
        elif OPERATOR.search(operand_tail(text, match.end())):
            found.append((match.start(), "co_await is not the whole expression: name its value first"))
    for offset, captures, body in lambdas(text):
        if captures and re.search(r"\bco_(?:await|return|yield)\b", without_lambdas(body)):
            found.append((offset, f"a capturing lambda [{captures}] is a coroutine"))
    if not in_io:
        for pattern, message in IO_ONLY:
            found.extend((m.start(), message) for m in re.finditer(pattern, text))
    return [(text.count("\n", 0, offset) + 1, message) for offset, message in sorted(found)]


GOOD = """
Task<int> f(Exchange& x) { co_await g(); auto a = co_await g(1, b(2)); Reply r = co_await next(x); co_return co_await g(); }
Task<int> f() { if (a) co_await g(); else co_await h(); for (;;) { r = co_await g(); } if (auto c = co_await g(); !c) co_return 1; }
Task<int> f() { FAIRLEAD_CO_TRY(x, g()); while (ok) { auto c = co_await body->read<int>(); } auto l = [](X& x) -> Task<> { co_await g(); }; }
// co_await in (a) comment + "co_await"
int a = v[i]; auto l = [this] { return 1; };
"""
BAD = [
    "void f() { g(co_await h()); }",
    "void f() { auto x = (co_await h()).value(); }",
    "void f() { auto x = co_await h() + 1; }",
    "void f() { if (co_await h()) return; }",
    "void f() { return a && co_await h(); }",
    "void f() { auto [a, b] = co_await h(); }",
    "void f() { auto l = [this](int x) -> Task<> { co_return; }; }",
    "void f() { s.spawn([&] { co_await g(); }()); }",
    "struct A { bool await_ready(); };",
    "std::coroutine_handle<> h;",
    "void f() { uv_run(loop); }",
]


def self_test():
    wrong = [f"flags good text: line {line}: {message}" for line, message in check_text(GOOD, False)]
    wrong += [f"misses: {text}" for text in BAD if not check_text(text, False)]
    return wrong


def main():
    problems = [f"check_dialect itself {text}" for text in self_test()]
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    files = [p for top in ("src", "providers", "cmd") for p in sorted((root / top).rglob("*")) if p.suffix in (".cc", ".h")]
    for path in files:
        name = path.relative_to(root).as_posix()
        for line, message in check_text(path.read_text(errors="replace"), name.startswith("src/io/")):
            problems.append(f"{name}:{line}: {message}")
    for problem in problems:
        print(problem)
    print(f"check_dialect: {len(files)} files, {len(problems)} violation(s)")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
