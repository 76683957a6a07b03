#include "detect/tensorflow/op_classes.h"

#include <algorithm>
#include <array>

#include "detect/rules/tensorflow.h"
#include "detect/tensorflow/operators.h"

namespace saiph::detect {

namespace {

// Sorted by name. Operators whose danger depends on an attribute (PrintV2, Debug*, Save*) are
// graded by the inspector.
constexpr auto kClasses = std::to_array<TfOpClass>({
    {"Abort", &rules::kTensorflowAbort, Severity::kHigh, "ends the process"},
    {"BigQueryReader", &rules::kTensorflowNetwork, Severity::kHigh, "reads a cloud table"},
    {"BigtableClient", &rules::kTensorflowNetwork, Severity::kHigh, "opens a cloud table"},
    {"CSVDataset", &rules::kTensorflowDatasetReader, Severity::kMedium, "reads CSV files"},
    {"CSVDatasetV2", &rules::kTensorflowDatasetReader, Severity::kMedium, "reads CSV files"},
    {"CacheDataset", &rules::kTensorflowDatasetReader, Severity::kLow, "may write a cache file"},
    {"CacheDatasetV2", &rules::kTensorflowDatasetReader, Severity::kLow, "may write a cache file"},
    {"CalibrationStatisticsSaver", &rules::kTensorflowFileWrite, Severity::kMedium,
     "writes statistics files"},
    {"FileSystemSetConfiguration", &rules::kTensorflowFileRead, Severity::kMedium,
     "configures a file system"},
    {"SnapshotChunkDataset", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "reads snapshots"},
    {"SnapshotDatasetReader", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "reads snapshots"},
    {"SnapshotNestedDatasetReader", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "reads snapshots"},
    {"ListSnapshotChunksDataset", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "reads snapshots"},
    {"CreateSummaryDbWriter", &rules::kTensorflowSummaryWriter, Severity::kMedium,
     "writes a summary database"},
    {"CreateSummaryFileWriter", &rules::kTensorflowSummaryWriter, Severity::kMedium,
     "writes event files"},
    {"DataServiceDataset", &rules::kTensorflowNetwork, Severity::kHigh,
     "fetches data from a service"},
    {"DataServiceDatasetV2", &rules::kTensorflowNetwork, Severity::kHigh,
     "fetches data from a service"},
    {"DataServiceDatasetV3", &rules::kTensorflowNetwork, Severity::kHigh,
     "fetches data from a service"},
    {"DataServiceDatasetV4", &rules::kTensorflowNetwork, Severity::kHigh,
     "fetches data from a service"},
    {"DatasetFromGraph", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "runs a serialised graph"},
    {"DistributedSave", &rules::kTensorflowFileWrite, Severity::kHigh,
     "writes a data set through a service"},
    {"EagerPyFunc", &rules::kTensorflowPythonFunction, Severity::kHigh, "calls Python"},
    {"ExperimentalCSVDataset", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "reads CSV files"},
    {"ExperimentalDatasetToTFRecord", &rules::kTensorflowFileWrite, Severity::kHigh,
     "writes record files"},
    {"ExperimentalLMDBDataset", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "reads a database file"},
    {"ExperimentalSqlDataset", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "queries a database"},
    {"DatasetToTFRecord", &rules::kTensorflowFileWrite, Severity::kHigh, "writes record files"},
    {"FixedLengthRecordDataset", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "reads record files"},
    {"FixedLengthRecordDatasetV2", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "reads record files"},
    {"FixedLengthRecordReader", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "reads record files"},
    {"FixedLengthRecordReaderV2", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "reads record files"},
    {"GenerateVocabRemapping", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "reads vocabulary files"},
    {"ImportEvent", &rules::kTensorflowSummaryWriter, Severity::kMedium, "writes events"},
    {"KafkaDataset", &rules::kTensorflowNetwork, Severity::kHigh, "reads a message queue"},
    {"KafkaGroupReadableInit", &rules::kTensorflowNetwork, Severity::kHigh,
     "reads a message queue"},
    {"LMDBDataset", &rules::kTensorflowDatasetReader, Severity::kMedium, "reads a database file"},
    {"LMDBReader", &rules::kTensorflowDatasetReader, Severity::kMedium, "reads a database file"},
    {"LoadAndRemapMatrix", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "reads a checkpoint"},
    {"LoadDataset", &rules::kTensorflowDatasetReader, Severity::kMedium, "reads a saved data set"},
    {"LoadLibrary", &rules::kTensorflowNativeCode, Severity::kHigh, "loads a native library"},
    {"LoadOpLibrary", &rules::kTensorflowNativeCode, Severity::kHigh, "loads a native library"},
    {"MatchingFiles", &rules::kTensorflowFileRead, Severity::kMedium, "lists files"},
    {"MatchingFilesDataset", &rules::kTensorflowFileRead, Severity::kMedium, "lists files"},
    {"ExperimentalMatchingFilesDataset", &rules::kTensorflowFileRead, Severity::kMedium,
     "lists files"},
    {"PubSubDataset", &rules::kTensorflowNetwork, Severity::kHigh, "reads a message queue"},
    {"PyFunc", &rules::kTensorflowPythonFunction, Severity::kHigh, "calls Python"},
    {"PyFuncStateless", &rules::kTensorflowPythonFunction, Severity::kHigh, "calls Python"},
    {"ReadFile", &rules::kTensorflowFileRead, Severity::kHigh, "reads files"},
    {"RegisterDataset", &rules::kTensorflowNetwork, Severity::kHigh,
     "registers data with a service"},
    {"RegisterDatasetV2", &rules::kTensorflowNetwork, Severity::kHigh,
     "registers data with a service"},
    {"RemoteFusedGraphExecute", &rules::kTensorflowNativeCode, Severity::kMedium,
     "runs a serialised graph on a remote processor"},
    {"Rpc", &rules::kTensorflowNetwork, Severity::kHigh, "calls a remote service"},
    {"RpcCall", &rules::kTensorflowNetwork, Severity::kHigh, "calls a remote service"},
    {"RpcClient", &rules::kTensorflowNetwork, Severity::kHigh, "connects to a remote service"},
    {"RpcServer", &rules::kTensorflowNetwork, Severity::kHigh, "opens a network service"},
    {"RpcServerRegister", &rules::kTensorflowNetwork, Severity::kHigh, "opens a network service"},
    {"RpcServerStart", &rules::kTensorflowNetwork, Severity::kHigh, "opens a network service"},
    {"SaveDataset", &rules::kTensorflowFileWrite, Severity::kHigh, "writes a data set"},
    {"SaveDatasetV2", &rules::kTensorflowFileWrite, Severity::kHigh, "writes a data set"},
    {"SnapshotDataset", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "writes and reads snapshots"},
    {"SnapshotDatasetV2", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "writes and reads snapshots"},
    {"SqlDataset", &rules::kTensorflowDatasetReader, Severity::kMedium, "queries a database"},
    {"TFRecordDataset", &rules::kTensorflowDatasetReader, Severity::kMedium, "reads record files"},
    {"TFRecordDatasetV2", &rules::kTensorflowDatasetReader, Severity::kMedium,
     "reads record files"},
    {"TFRecordReader", &rules::kTensorflowDatasetReader, Severity::kMedium, "reads record files"},
    {"TFRecordReaderV2", &rules::kTensorflowDatasetReader, Severity::kMedium, "reads record files"},
    {"TRTEngineOp", &rules::kTensorflowNativeCode, Severity::kMedium, "runs a compiled engine"},
    {"TextLineDataset", &rules::kTensorflowDatasetReader, Severity::kMedium, "reads text files"},
    {"TextLineReader", &rules::kTensorflowDatasetReader, Severity::kMedium, "reads text files"},
    {"TextLineReaderV2", &rules::kTensorflowDatasetReader, Severity::kMedium, "reads text files"},
    {"TryRpc", &rules::kTensorflowNetwork, Severity::kHigh, "calls a remote service"},
    {"WholeFileReader", &rules::kTensorflowDatasetReader, Severity::kMedium, "reads whole files"},
    {"WholeFileReaderV2", &rules::kTensorflowDatasetReader, Severity::kMedium, "reads whole files"},
    {"WriteFile", &rules::kTensorflowFileWrite, Severity::kCritical, "writes files"},
    {"XlaCustomCall", &rules::kTensorflowNativeCode, Severity::kMedium,
     "runs a custom call target"},
    {"XlaCustomCallV2", &rules::kTensorflowNativeCode, Severity::kMedium,
     "runs a custom call target"},
});

/// kClasses by name; sorted once, at compile time, so that rows may stand by subject.
constexpr auto kSorted = [] {
  auto rows = kClasses;
  std::sort(rows.begin(), rows.end(),
            [](const TfOpClass& a, const TfOpClass& b) { return a.op < b.op; });
  return rows;
}();

// Operators whose libraries are published by the TensorFlow project or its known partners.
constexpr auto kAddonPrefixes = std::to_array<std::string_view>({
    "Addons>",
    "CaseFoldUTF8",
    "FastBertNormalize",
    "FastSentencepiece",
    "FastWordpiece",
    "IO>",
    "NormalizeUTF8",
    "RegexSplit",
    "Sentencepiece",
    "SimpleML",
    "SplitMergeTokenize",
    "UnicodeScript",
    "WhitespaceTokenize",
    "WordpieceTokenize",
});

}  // namespace

const TfOpClass* tf_op_class(std::string_view op) {
  const auto it =
      std::lower_bound(kSorted.begin(), kSorted.end(), op,
                       [](const TfOpClass& row, std::string_view key) { return row.op < key; });
  return it != kSorted.end() && it->op == op ? &*it : nullptr;
}

bool is_tf_operator(std::string_view op) {
  return std::binary_search(kTfOperators.begin(), kTfOperators.end(), op);
}

bool is_tf_addon_operator(std::string_view op) {
  return std::any_of(kAddonPrefixes.begin(), kAddonPrefixes.end(),
                     [&](std::string_view prefix) { return op.starts_with(prefix); });
}

}  // namespace saiph::detect
