// TensorFlow graphs in protobuf's text format (saved_model.pbtxt, graph.pbtxt).
#pragma once

#include "formats/tensorflow/tensorflow_graph.h"

namespace saiph::formats {

/// Reads nodes and function names from the text form and hands them to the visitor like
/// parse_tensorflow. Strings are unescaped and adjacent ones joined, so that op: "Write" 'File' is
/// WriteFile. Keras metadata is handed over whole as `head`. No recursion. kNotThisFormat: no node
/// was found. Errors in a Malformed outcome: kMalformed (unbalanced braces, unterminated string),
/// kLimit (nesting, a string over 1 MiB, budget), kUnavailable. Cost: linear in the file. One
/// thread at a time. Source: Protocol Buffers text format specification
/// (protobuf.dev/reference/protobuf/textformat-spec).
Outcome<TfGraphs> parse_tensorflow_text(const ByteSource& source, Budget& budget,
                                        TfVisitor& visitor);

/// True when a text starts like a graph: "node {" or "meta_graphs {" or "graph_def {" as messages
/// at its outermost level, comments and scalars aside. Any thread; looks at the head only.
bool probe_tensorflow_text(ByteView head);

}  // namespace saiph::formats
