// Boost.Asio as this room uses it. Included by the room's .cc files and inner headers only.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>

namespace saiph::net {

namespace asio = boost::asio;
using ErrorCodeOfAsio = boost::system::error_code;
using Clock = std::chrono::steady_clock;
/// One socket type for TCP and unix sockets; the executor is named, so that nothing is type-erased.
using Socket =
    asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;
using Timer =
    asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, asio::io_context::executor_type>;

}  // namespace saiph::net
