// SPDX-License-Identifier: BSL-1.0
//
// SIGINT and SIGTERM, waited for by main() while a framework's own threads serve.
#ifndef AROMA_EXAMPLES_FRAMEWORKS_STOP_SIGNALS_HPP
#define AROMA_EXAMPLES_FRAMEWORKS_STOP_SIGNALS_HPP

#include <csignal>

namespace examples {

class StopSignals {
public:
    StopSignals() // before threads start, so that they inherit the blocked signals
    {
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGINT);
        sigaddset(&signals_, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    }
    void wait() const
    {
        int signal = 0;
        sigwait(&signals_, &signal);
    }

private:
    sigset_t signals_;
};

} // namespace examples

#endif // AROMA_EXAMPLES_FRAMEWORKS_STOP_SIGNALS_HPP
