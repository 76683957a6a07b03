// Every callable that an advisory against another scanner names: called, it is critical and carries
// the id.
#include <gtest/gtest.h>

#include <algorithm>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/pickle/inspect.h"
#include "formats/pickle/pickle_assembler_for_test.h"

namespace saiph::detect {
namespace {

using formats::PickleAssembler;

struct Row {
  const char* test;  ///< the id with underscores, and what tells rows of one id apart
  const char* id;
  const char* module;
  const char* name;
};

constexpr Row kRows[] = {
    {"GHSA_655q_fx9r_782v", "GHSA-655q-fx9r-782v", "pip", "main"},
    {"GHSA_v7x6_rv5q_mhwc", "GHSA-v7x6-rv5q-mhwc", "timeit", "timeit"},
    {"GHSA_86cj_95qr_2p4f", "GHSA-86cj-95qr-2p4f", "torch._dynamo.guards", "GuardBuilder.get"},
    {"GHSA_4r9r_ch6f_vxmx", "GHSA-4r9r-ch6f-vxmx", "torch.utils.bottleneck.__main__",
     "run_cprofile"},
    {"GHSA_4whj_rm5r_c2v8", "GHSA-4whj-rm5r-c2v8", "torch.utils.bottleneck.__main__",
     "run_autograd_prof"},
    {"GHSA_f4x7_rfwp_v3xw", "GHSA-f4x7-rfwp-v3xw", "torch.fx.experimental.symbolic_shapes",
     "ShapeEnv.evaluate_guards_expression"},
    {"GHSA_f745_w6jp_hpxx", "GHSA-f745-w6jp-hpxx", "torch.utils.collect_env", "run"},
    {"GHSA_jhph_76pp_mggw", "GHSA-jhph-76pp-mggw", "torch.utils.collect_env", "run_and_read_all"},
    {"GHSA_h3qp_7fh3_f8h4", "GHSA-h3qp-7fh3-f8h4", "torch.utils.data.datapipes.utils.decoder",
     "basichandlers"},
    {"GHSA_vr7h_p6mm_wpmh", "GHSA-vr7h-p6mm-wpmh", "torch.jit.unsupported_tensor_ops",
     "execWrapper"},
    {"GHSA_vv6j_3g6g_2pvj", "GHSA-vv6j-3g6g-2pvj", "torch.utils._config_module",
     "ConfigModule.load_config"},
    {"GHSA_5qwp_399c_mjwf", "GHSA-5qwp-399c-mjwf", "trace", "Trace.run"},
    {"GHSA_g344_hcph_8vgg", "GHSA-g344-hcph-8vgg", "trace", "Trace.runctx"},
    {"GHSA_x696_vm39_cp64", "GHSA-x696-vm39-cp64", "profile", "Profile.run"},
    {"GHSA_6vqj_c2q5_j97w", "GHSA-6vqj-c2q5-j97w", "profile", "Profile.runctx"},
    {"GHSA_7wx9_6375_f5wh", "GHSA-7wx9-6375-f5wh", "profile", "run"},
    {"GHSA_49gj_c84q_6qm9", "GHSA-49gj-c84q-6qm9", "cProfile", "run"},
    {"GHSA_9w88_8rmg_7g2p", "GHSA-9w88-8rmg-7g2p", "cProfile", "runctx"},
    {"GHSA_f54q_57x4_jg88", "GHSA-f54q-57x4-jg88", "lib2to3.pgen2.grammar", "Grammar.loads"},
    {"GHSA_p9w7_82w4_7q8m", "GHSA-p9w7-82w4-7q8m", "lib2to3.pgen2.pgen",
     "ParserGenerator.make_label"},
    {"GHSA_3vg9_h568_4w9m", "GHSA-3vg9-h568-4w9m", "idlelib.debugobj", "ObjectTreeItem.SetText"},
    {"GHSA_6w4w_5w54_rjvr", "GHSA-6w4w-5w54-rjvr", "idlelib.autocomplete",
     "AutoComplete.get_entity"},
    {"GHSA_7cq8_mj8x_j263", "GHSA-7cq8-mj8x-j263", "idlelib.autocomplete",
     "AutoComplete.fetch_completions"},
    {"GHSA_8r4j_24qv_fmq9", "GHSA-8r4j-24qv-fmq9", "idlelib.calltip", "Calltip.fetch_tip"},
    {"GHSA_9xph_j2h6_g47v", "GHSA-9xph-j2h6-g47v", "idlelib.calltip", "get_entity"},
    {"GHSA_m869_42cg_3xwr", "GHSA-m869-42cg-3xwr", "idlelib.run", "Executive.runcode"},
    {"GHSA_j343_8v2j_ff7w", "GHSA-j343-8v2j-ff7w", "idlelib.pyshell",
     "ModifiedInterpreter.runcommand"},
    {"GHSA_3gf5_cxq9_w223", "GHSA-3gf5-cxq9-w223", "idlelib.pyshell",
     "ModifiedInterpreter.runcode"},
    {"GHSA_cj3c_v495_4xqh", "GHSA-cj3c-v495-4xqh", "code", "InteractiveInterpreter.runcode"},
    {"GHSA_xp4f_hrf8_rxw7", "GHSA-xp4f-hrf8-rxw7", "ensurepip", "_run_pip"},
    {"GHSA_fqq6_7vqf_w3fg", "GHSA-fqq6-7vqf-w3fg", "doctest", "debug_script"},
    {"GHSA_q77w_mwjj_7mqx", "GHSA-q77w-mwjj-7mqx", "asyncio.unix_events",
     "_UnixSubprocessTransport._start"},
    {"GHSA_f7qq_56ww_84cr", "GHSA-f7qq-56ww-84cr", "asyncio.subprocess", "create_subprocess_shell"},
    {"GHSA_rrxm_2pvv_m66x", "GHSA-rrxm-2pvv-m66x", "numpy.f2py.crackfortran", "getlincoef"},
    {"GHSA_r8g5_cgf2_4m4m", "GHSA-r8g5-cgf2-4m4m", "numpy.f2py.crackfortran", "getlincoef"},
    {"GHSA_6556_fwc2_fg2p", "GHSA-6556-fwc2-fg2p", "numpy.f2py.crackfortran", "_eval_length"},
    {"GHSA_3329_ghmp_jmv5", "GHSA-3329-ghmp-jmv5", "numpy.f2py.crackfortran", "myeval"},
    {"GHSA_cffc_mxrf_mhh4", "GHSA-cffc-mxrf-mhh4", "numpy.f2py.crackfortran", "param_eval"},
    {"GHSA_4675_36f9_wf6r", "GHSA-4675-36f9-wf6r", "ctypes", "CDLL"},
    {"GHSA_84r2_jw7c_4r5q_locate", "GHSA-84r2-jw7c-4r5q", "pydoc", "locate"},
    {"GHSA_84r2_jw7c_4r5q_caller", "GHSA-84r2-jw7c-4r5q", "operator", "methodcaller"},
    {"GHSA_955r_x9j8_7rhh", "GHSA-955r-x9j8-7rhh", "_operator", "methodcaller"},
    {"GHSA_46h3_79wf_xr6c", "GHSA-46h3-79wf-xr6c", "_operator", "attrgetter"},
    {"GHSA_m273_6v24_x4m4", "GHSA-m273-6v24-x4m4", "distutils.file_util", "write_file"},
    {"GHSA_vqmv_47xg_9wpr", "GHSA-vqmv-47xg-9wpr", "pty", "spawn"},
    {"GHSA_hgrh_qx5j_jfwx", "GHSA-hgrh-qx5j-jfwx", "ssl", "get_server_certificate"},
    {"GHSA_9726_w42j_3qjr_file", "GHSA-9726-w42j-3qjr", "_io", "FileIO"},
    {"GHSA_9726_w42j_3qjr_net", "GHSA-9726-w42j-3qjr", "urllib.request", "urlopen"},
    {"GHSA_9m3x_qqw2_h32h", "GHSA-9m3x-qqw2-h32h", "cloudpickle", "loads"},
    {"GHSA_m7j5_r2p5_c39r", "GHSA-m7j5-r2p5-c39r", "logging", "FileHandler"},
    {"GHSA_vvpj_8cmc_gx39", "GHSA-vvpj-8cmc-gx39", "pkgutil", "resolve_name"},
    {"GHSA_g38g_8gr9_h9xp_uuid", "GHSA-g38g-8gr9-h9xp", "uuid", "_get_command_stdout"},
    {"GHSA_g38g_8gr9_h9xp_imaplib", "GHSA-g38g-8gr9-h9xp", "imaplib", "IMAP4_stream"},
    {"GHSA_g38g_8gr9_h9xp_osx", "GHSA-g38g-8gr9-h9xp", "_osx_support", "_read_output"},
    {"GHSA_g38g_8gr9_h9xp_aix", "GHSA-g38g-8gr9-h9xp", "_aix_support", "_read_cmd_output"},
    {"GHSA_g38g_8gr9_h9xp_pager", "GHSA-g38g-8gr9-h9xp", "_pyrepl.pager", "pipe_pager"},
    {"GHSA_g38g_8gr9_h9xp_test", "GHSA-g38g-8gr9-h9xp", "test.support.script_helper",
     "assert_python_ok"},
    {"GHSA_565g_hwwr_4pp3_marshal", "GHSA-565g-hwwr-4pp3", "marshal", "loads"},
    {"GHSA_565g_hwwr_4pp3_types", "GHSA-565g-hwwr-4pp3", "types", "FunctionType"},
    {"GHSA_r7v6_mfhq_g3m2", "GHSA-r7v6-mfhq-g3m2", "pty", "spawn"},
    {"GHSA_wfq2_52f7_7qvj", "GHSA-wfq2-52f7-7qvj", "runpy", "run_path"},
    {"GHSA_p523_jq9w_64x9", "GHSA-p523-jq9w-64x9", "cProfile", "run"},
    {"GHSA_5hvc_6wx8_mvv4", "GHSA-5hvc-6wx8-mvv4", "ctypes", "CDLL"},
    {"GHSA_q5qq_mvfm_j35x", "GHSA-q5qq-mvfm-j35x", "multiprocessing.util", "spawnv_passfds"},
    {"GHSA_mhc9_48gj_9gp3_socket", "GHSA-mhc9-48gj-9gp3", "smtplib", "SMTP"},
    {"GHSA_mhc9_48gj_9gp3_signal", "GHSA-mhc9-48gj-9gp3", "signal", "signal"},
    {"GHSA_5hwf_rc88_82xm", "GHSA-5hwf-rc88-82xm", "_osx_support", "_find_build_tool"},
    {"GHSA_5cxw_w2xg_2m8h", "GHSA-5cxw-w2xg-2m8h", "platform", "popen"},
    {"GHSA_r48f_3986_4f9c_linecache", "GHSA-r48f-3986-4f9c", "linecache", "getlines"},
    {"GHSA_r48f_3986_4f9c_difflib", "GHSA-r48f-3986-4f9c", "difflib", "_file_template"},
    {"GHSA_r48f_3986_4f9c_gc", "GHSA-r48f-3986-4f9c", "gc", "get_objects"},
    {"GHSA_m6fh_58r7_x697_fork", "GHSA-m6fh-58r7-x697", "_posixsubprocess", "fork_exec"},
    {"GHSA_m6fh_58r7_x697_site", "GHSA-m6fh-58r7-x697", "site", "addpackage"},
    {"GHSA_m6fh_58r7_x697_atexit", "GHSA-m6fh-58r7-x697", "atexit", "register"},
    {"GHSA_pc6j_px3p_rrj4", "GHSA-pc6j-px3p-rrj4", "unittest.mock", "_importer"},
    {"GHSA_6ggj_6f2q_f7mx", "GHSA-6ggj-6f2q-f7mx", "_interpreters", "run_string"},
    {"CVE_2019_6446", "CVE-2019-6446", "numpy", "load"},
    {"CVE_2020_13092", "CVE-2020-13092", "sklearn.externals.joblib", "load"},
    {"CVE_2024_34997", "CVE-2024-34997", "joblib.numpy_pickle", "read_array"},
    {"CVE_2025_32434", "CVE-2025-32434", "torch", "load"},
    {"CVE_2022_45907", "CVE-2022-45907", "torch.jit.annotations", "parse_type_line"},
    {"CVE_2024_5480", "CVE-2024-5480", "torch.distributed.rpc.internal", "PythonUDF"},
    {"CVE_2024_48063", "CVE-2024-48063", "torch.distributed.nn.api.remote_module", "RemoteModule"},
    {"CVE_2025_54412_skops", "CVE-2025-54412", "skops.io", "load"},
    {"CVE_2025_23304_hydra", "CVE-2025-23304", "hydra.utils", "instantiate"},
    {"Picklescan_PR_74_importlib", "", "importlib", "import_module"},
    {"Picklescan_PR_74_marshal", "", "marshal", "loads"},
    {"ModelScan_267_loads", "", "pickle", "loads"},
    {"ModelScan_338_spawn", "", "multiprocessing.util", "spawnv_passfds"},
    {"ModelScan_338_mlflow", "ModelScan-338", "mlflow.projects.backend.local", "_run_entry_point"},
    {"ModelScan_338_pandas", "", "pandas.io.parsers.readers", "read_csv"},
    {"ModelAudit_1061_vendored", "ModelAudit-1061", "setuptools._distutils.spawn", "spawn"},
    {"ModelAudit_1061_mailcap", "", "mailcap", "findmatch"},
    {"ModelAudit_1061_pipes", "", "pipes", "Template.open"},
    {"ModelAudit_1061_pipes_copy", "", "pipes", "Template.copy"},
    {"ModelAudit_1061_eval_type", "", "typing", "_eval_type"},
    {"ModelAudit_1061_get_type_hints", "", "typing", "get_type_hints"},
    {"ModelAudit_1061_create_fn", "", "dataclasses", "_create_fn"},
    {"ModelAudit_1061_operator_call", "", "operator", "call"},
    {"ModelAudit_1061_map", "", "builtins", "map"},
    {"ModelAudit_1061_starmap", "", "itertools", "starmap"},
    {"ModelAudit_1061_filter", "", "builtins", "filter"},
    {"ModelAudit_1061_takewhile", "", "itertools", "takewhile"},
    {"ModelAudit_1061_dropwhile", "", "itertools", "dropwhile"},
    {"ModelAudit_1061_filterfalse", "", "itertools", "filterfalse"},
    {"ModelAudit_1061_statistics", "", "statistics", "mean"},
    {"ModelAudit_1061_format", "", "builtins", "str.format"},
    {"ModelAudit_1061_descriptor", "", "builtins", "classmethod.__get__"},
    {"ModelAudit_1061_cached_property", "", "functools", "cached_property"},
    {"ModelAudit_1061_property", "", "builtins", "property"},
    {"ModelAudit_1061_class_attribute", "", "types", "DynamicClassAttribute"},
    {"ModelAudit_1061_cmp_to_key", "", "functools", "cmp_to_key"},
    {"ModelAudit_1061_logging_config", "", "logging.config", "dictConfig"},
    {"ModelAudit_1061_logging_filter", "", "logging", "Filter"},
    {"ModelAudit_1061_string_template", "", "string", "Template"},
    {"ModelAudit_1061_regex_callback", "", "re", "sub"},
    {"ModelAudit_1061_weakref", "", "weakref", "finalize"},
    {"ModelAudit_1061_future", "", "concurrent.futures", "Future.add_done_callback"},
    {"ModelAudit_1061_file_alias", "", "io", "FileIO"},
    {"ModelAudit_1061_lazyfile", "", "click.utils", "LazyFile"},
    {"ModelAudit_1061_iter_importers", "", "pkgutil", "iter_importers"},
    {"Wild_exec", "", "builtins", "exec"},
    {"Wild_python2_eval", "", "__builtin__", "eval"},
    {"Wild_posix", "", "posix", "system"},
    {"Wild_nt", "", "nt", "system"},
    {"Wild_runpy", "", "runpy", "run_module"},
    {"Wild_webbrowser", "", "webbrowser", "open"},
    {"Python2_commands", "", "commands", "getoutput"},
};

class DangerousCallable : public testing::TestWithParam<Row> {};

void expect_critical(const Bytes& bytes, const Row& row) {
  RecordingInspection inspection(bytes);
  inspect_pickle(inspection);
  const auto hit =
      std::find_if(inspection.stated.begin(), inspection.stated.end(), [&](const auto& stated) {
        const auto& references = stated.draft.references;
        return stated.rule->id == "pickle-dangerous-callable" &&
               (row.id[0] == '\0' ||
                std::find(references.begin(), references.end(), row.id) != references.end());
      });
  EXPECT_NE(hit, inspection.stated.end()) << row.module << "." << row.name;
}

TEST_P(DangerousCallable, CalledByReduceInEveryProtocol) {
  const Row& row = GetParam();
  expect_critical(PickleAssembler(2).call(row.module, row.name).stop().bytes(), row);
  expect_critical(PickleAssembler()
                      .global(row.module, row.name)
                      .mark()
                      .quoted("true")
                      .tuple()
                      .reduce()
                      .stop()
                      .bytes(),
                  row);
  expect_critical(PickleAssembler(4)
                      .stack_global(row.module, row.name)
                      .text("true")
                      .tuple1()
                      .reduce()
                      .stop()
                      .bytes(),
                  row);
  expect_critical(PickleAssembler(4)
                      .stack_global(row.module, row.name)
                      .empty_tuple()
                      .new_object()
                      .stop()
                      .bytes(),
                  row);
  expect_critical(PickleAssembler().mark().quoted("true").inst(row.module, row.name).stop().bytes(),
                  row);
  expect_critical(
      PickleAssembler(1).mark().global(row.module, row.name).text("true").obj().stop().bytes(),
      row);
}

TEST_P(DangerousCallable, ImportedAloneIsHigh) {
  const Row& row = GetParam();
  RecordingInspection inspection(
      PickleAssembler(4).stack_global(row.module, row.name).stop().bytes());
  inspect_pickle(inspection);
  EXPECT_TRUE(inspection.has_at_least(Severity::kHigh)) << row.module << "." << row.name;
}

INSTANTIATE_TEST_SUITE_P(Advisories, DangerousCallable, testing::ValuesIn(kRows),
                         [](const auto& parameter) { return std::string(parameter.param.test); });

}  // namespace
}  // namespace saiph::detect
