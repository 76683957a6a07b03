#include "formats/pickle/machine.h"

#include <gtest/gtest.h>

#include "formats/pickle/pickle_assembler_for_test.h"
#include "formats/pickle/walk.h"

namespace saiph::formats {
namespace {

/// Hides that the bytes stand in memory: the machine then works through its window.
class WindowedSource final : public ByteSource {
 public:
  explicit WindowedSource(const Bytes& bytes) : view_(bytes) {}
  std::uint64_t size() const override { return view_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) const override {
    return view_.read_at(offset, out);
  }

 private:
  ViewSource view_;
};

/// Keeps what it is told, as text.
class Trace final : public PickleObserver {
 public:
  void on_import(const PickleMachine& machine, PickleValue global, std::uint64_t offset) override {
    add("import " + name(machine, global), offset);
  }
  void on_call(const PickleMachine& machine, const PickleCall& call) override {
    std::string text = "call " + name(machine, call.callable);
    for (const PickleValue value : machine.elements(call.arguments)) {
      text += " " + machine.text(value).value_or(
                        value.is(PickleKind::kInteger) ? std::to_string(value.as_integer()) : "?");
    }
    add(text, call.offset);
  }
  void on_oddity(PickleOddity oddity, std::uint64_t offset) override {
    add("oddity " + std::to_string(static_cast<int>(oddity)), offset);
  }
  void on_data(std::uint64_t offset, std::uint64_t length) override {
    add("data " + std::to_string(length), offset);
  }
  std::vector<std::string> lines;

 private:
  static std::string name(const PickleMachine& machine, PickleValue value) {
    const PickleName* found = machine.name(value);
    return found == nullptr ? "?" : found->module + "." + found->name;
  }
  void add(const std::string& text, std::uint64_t offset) {
    lines.push_back(text + " @" + std::to_string(offset));
  }
};

std::pair<PickleOutcome, std::vector<std::string>> trace(const ByteSource& source) {
  Budget budget(Limits::strict());
  Trace observer;
  PickleMachine machine(source, budget, observer);
  PickleOutcome outcome = machine.run(0);
  return {outcome, observer.lines};
}

PickleOutcome run(const Bytes& bytes) {
  return trace(ViewSource(bytes)).first;
}

TEST(PickleMachine, WindowAndMemoryAgree) {
  // Operands, lines and frames of many sizes across several window ends.
  PickleAssembler stream(4);
  stream.mark();
  for (unsigned i = 0; i < 6000; ++i) {
    stream.text("m" + std::to_string(i % 50))
        .text("n" + std::to_string(i % 70))
        .op(0x93)
        .integer(i)
        .text(std::string(i % 200, 'x'))
        .tuple2()
        .reduce();
    if (i % 500 == 0) stream.data(Bytes(5000 + i)).quoted(std::string(i, 'q'));
  }
  stream.tuple().stop();
  ASSERT_GT(stream.size(), 3U << 18);
  const auto memory = trace(ViewSource(stream.bytes()));
  const auto window = trace(WindowedSource(stream.bytes()));
  EXPECT_EQ(memory.first.end, PickleEnd::kStop);
  EXPECT_EQ(memory.first.offset, stream.size());
  EXPECT_EQ(memory.first.opcodes, window.first.opcodes);
  EXPECT_EQ(memory.second, window.second);
}

TEST(PickleMachine, EveryPrefixIsTruncatedAndNothingElse) {
  const Bytes whole = PickleAssembler(4)
                          .frame(60)
                          .mark()
                          .text("os")
                          .memoize()
                          .text("x")
                          .op(0x93)
                          .integer(1)
                          .integer(70'000)
                          .tuple2()
                          .reduce()
                          .op(0x8A)
                          .u8(2)
                          .u16(1)
                          .op('G')
                          .u64(0)
                          .op('I')
                          .raw("12\n")
                          .tuple()
                          .stop()
                          .bytes();
  for (std::size_t n = 2; n < whole.size(); ++n) {
    const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    const PickleOutcome outcome = run(part);
    EXPECT_EQ(outcome.end, PickleEnd::kBroken) << n;
    EXPECT_TRUE(outcome.truncated) << n << " " << outcome.reason;
  }
}

TEST(PickleMachine, KnowsAllOpcodesAndNoOthers) {
  // A lone opcode byte is either unknown, or breaks for another reason.
  int unknown = 0;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const PickleOutcome outcome = run(PickleAssembler().op(byte).bytes());
    unknown += outcome.reason.find("no opcode") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(unknown, 256 - 68);
}

TEST(PickleMachine, BreaksWhereTheLoaderRaises) {
  const std::pair<const char*, Bytes> rows[] = {
      {"underflow", PickleAssembler(2).op('R').bytes()},
      {"through a mark", PickleAssembler(2).none().mark().op('a').bytes()},
      {"put of nothing", PickleAssembler(2).put(0).bytes()},
      {"unset memo", PickleAssembler(2).get(3).stop().bytes()},
      {"tuple without mark", PickleAssembler(2).tuple().bytes()},
      {"odd items", PickleAssembler(2).empty_dict().mark().none().op('u').stop().bytes()},
      {"protocol 6", PickleAssembler(6).none().stop().bytes()},
      {"no number", PickleAssembler().op('I').raw("xyz!\n").stop().bytes()},
      {"no quotes", PickleAssembler().op('S').raw("abc\n").stop().bytes()},
      {"empty", Bytes()},
  };
  for (const auto& [what, bytes] : rows) EXPECT_EQ(run(bytes).end, PickleEnd::kBroken) << what;
}

TEST(PickleMachine, MarksAsThePlainLoaderSeesThem) {
  // POP takes a mark when nothing is above it; STOP does not care for open marks.
  EXPECT_EQ(run(PickleAssembler(2).none().mark().pop().stop().bytes()).end, PickleEnd::kStop);
  EXPECT_EQ(run(PickleAssembler(2).mark().integer(1).stop().bytes()).end, PickleEnd::kStop);
}

TEST(PickleMachine, MapsPython2NamesByProtocol) {
  const auto old =
      trace(ViewSource(PickleAssembler(2).global("__builtin__", "xrange").stop().bytes()));
  EXPECT_EQ(old.second.at(0), "import builtins.range @2");
  const auto current =
      trace(ViewSource(PickleAssembler(3).global("__builtin__", "xrange").stop().bytes()));
  EXPECT_EQ(current.second.at(0), "import __builtin__.xrange @2");
}

TEST(PickleMachine, DeepStacksForgetTheirBottomAndStayFollowed) {
  PickleAssembler stream(2);
  for (int i = 0; i < 5'000'000; ++i) stream.none();
  stream.global("os", "system").text("true").tuple1().reduce().stop();
  const auto result = trace(ViewSource(stream.bytes()));
  EXPECT_EQ(result.first.end, PickleEnd::kStop);
  EXPECT_EQ(result.first.calls, 1U);
  EXPECT_EQ(result.second.at(0).substr(0, 8), "oddity 7");
}

TEST(PickleMachine, ManyMarksAndFarMemoKeys) {
  PickleAssembler marks(2);
  for (int i = 0; i < 3'000'000; ++i) marks.mark();
  marks.global("os", "system").text("true").tuple1().reduce().stop();
  EXPECT_EQ(trace(ViewSource(marks.bytes())).first.calls, 1U);
  const auto far = trace(ViewSource(PickleAssembler(2)
                                        .global("os", "system")
                                        .op('r')
                                        .u32(4'000'000'000U)
                                        .pop()
                                        .op('j')
                                        .u32(4'000'000'000U)
                                        .text("x")
                                        .tuple1()
                                        .reduce()
                                        .stop()
                                        .bytes()));
  EXPECT_EQ(far.second.at(1), "call os.system x @28") << far.second.size();
}

TEST(PickleMachine, BudgetEndsIt) {
  Limits limits = Limits::strict();
  limits.work_units = 1000;
  Budget budget(limits);
  const Bytes bytes(4'000'000, 'N');
  const ViewSource source(bytes);
  PickleObserver observer;
  PickleMachine machine(source, budget, observer);
  EXPECT_EQ(machine.run(0).end, PickleEnd::kExhausted);
}

TEST(CollectPersistentIds, NamesStoragesOnce) {
  PickleAssembler stream(2);
  for (const char* key : {"0", "1", "0"}) {
    stream.mark()
        .long_text("storage")
        .global("torch", "HalfStorage")
        .long_text(key)
        .long_text("cpu")
        .integer(6)
        .tuple()
        .op('Q')
        .pop();
  }
  stream.none().stop();
  const ViewSource source(stream.bytes());
  Budget budget(Limits::strict());
  const auto storages = collect_persistent_ids(source, budget);
  ASSERT_TRUE(storages.has_value());
  ASSERT_EQ(storages->size(), 2U);
  EXPECT_EQ((*storages)[1].key, "1");
  EXPECT_EQ((*storages)[1].items * (*storages)[1].item_bytes, 12U);
}

}  // namespace
}  // namespace saiph::formats
