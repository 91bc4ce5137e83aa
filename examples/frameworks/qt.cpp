// SPDX-License-Identifier: BSL-1.0
//
// Qt: a QTcpServer and its sockets in the event loop of a QCoreApplication; QSslSocket if there is
// a certificate. Its SSL_CTX is out of reach, so redirects are the probe there too.
//
//     qt [--cert FILE --key FILE] [--port N] [--address ADDRESS]          the key is an RSA key

#include "../common/descriptors.hpp"
#include "../common/farewell.hpp"
#include "../common/http_reader.hpp"
#include "../common/listener.hpp"
#include "../common/places.hpp"
#include "../common/visitor.hpp"
#include "stop_signals.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <QCoreApplication>
#include <QFile>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>
#include <QSslSocket>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTimer>
#include <sys/socket.h>

namespace {

constexpr std::chrono::seconds patience{10}; // from one request to the next, its answer included

// As many as there are descriptors for: without one, Qt stops accepting.
examples::Places places{std::clamp<std::size_t>(examples::raise_descriptor_limit(), 32, 256 + 16)
                        - 16};

// One connection; it ends with its socket, whose child it is.
class Client : public QObject {
public:
    explicit Client(QTcpSocket* socket)
        : QObject{socket}, socket_{socket}, tls_{dynamic_cast<QSslSocket*>(socket)},
          fd_{static_cast<int>(socket->socketDescriptor())}
    {
        places.take(fd_);
        socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
        socket->setReadBufferSize(4096);
        timer_.setSingleShot(true);
        connect(&timer_, &QTimer::timeout, socket, &QTcpSocket::abort);
        connect(socket, &QTcpSocket::readyRead, this, &Client::go_on);
        connect(socket, &QTcpSocket::bytesWritten, this, &Client::go_on);
        if (tls_) {
            connect(tls_, &QSslSocket::encryptedBytesWritten, this, &Client::go_on);
            tls_->startServerEncryption();
        }
        connect(socket, &QTcpSocket::disconnected, this, [this] {
            places.leave(fd_); // Qt has just closed it, and accepts nobody before this
            socket_->deleteLater();
        });
        timer_.start(patience);
        go_on();
    }

private:
    qint64 unwritten() const
    {
        return socket_->bytesToWrite() + (tls_ ? tls_->encryptedBytesToWrite() : 0);
    }

    // Answers every request that is whole; while an answer is under way nothing is read.
    void go_on()
    {
        while (socket_->state() == QAbstractSocket::ConnectedState
               && socket_->bytesToWrite() == 0) {
            if (auto const path = http_.next(in_)) {
                answer(*path);
            } else if (http_.last()) {
                leave();
                return;
            } else if (QByteArray const bytes = socket_->read(4096); !bytes.isEmpty()) {
                in_.append(bytes.data(), static_cast<std::size_t>(bytes.size()));
            } else {
                return;
            }
        }
    }

    void answer(std::string const& path)
    {
        places.used(fd_);
        timer_.start(patience);

        // A request has arrived, and nothing of its answer is written.
        aroma::Assessment assessment = aroma::score(fd_, history_);
        if (history_.probing()) // is it the answer to the redirect?
            assessment = aroma::probe_answered(fd_, history_, aroma::token_of(path));

        examples::Page const page = examples::page(path, assessment, history_);
        std::string const answer = http_.answer(page);
        socket_->write(answer.data(), static_cast<qint64>(answer.size()));
        socket_->flush(); // or Qt writes it when the event loop goes on
        if (!page.location.empty() && unwritten() == 0)
            aroma::probe_sent(fd_, history_, aroma::token_of(page.location)); // a redirect: a probe
    }

    // What it still sends is thrown away.
    void leave()
    {
        socket_->readAll();
        if (std::exchange(leaving_, true))
            return;
        places.leaving(fd_);
        ::shutdown(fd_, SHUT_WR);
        timer_.start(examples::farewell_time);
    }

    QTcpSocket* socket_;
    QSslSocket* tls_; // the same, or nullptr
    int fd_;          // its socketDescriptor(), which is -1 once it is closed
    QTimer timer_;
    examples::HttpReader http_;
    aroma::ConnectionHistory history_;
    std::string in_;
    bool leaving_ = false;
};

class Server : public QTcpServer {
public:
    explicit Server(QSslConfiguration const& tls) : tls_{tls} {}

private:
    void incomingConnection(qintptr descriptor) override
    {
        if (tls_.localCertificateChain().isEmpty())
            return QTcpServer::incomingConnection(descriptor);
        auto* const socket = new QSslSocket{this};
        socket->setSslConfiguration(tls_);
        if (socket->setSocketDescriptor(descriptor))
            addPendingConnection(socket);
        else
            delete socket;
    }

    QSslConfiguration const tls_;
};

QSslConfiguration tls_of(char const* certificate, char const* key)
{
    QSslConfiguration tls;
    QFile file{key};
    tls.setLocalCertificateChain(QSslCertificate::fromPath(certificate));
    if (file.open(QIODevice::ReadOnly))
        tls.setPrivateKey(QSslKey{&file, QSsl::Rsa});
    if (tls.localCertificateChain().isEmpty() || tls.privateKey().isNull()) {
        std::fputs("qt: cannot use this certificate and key: give PEM files, of an RSA key\n",
                   stderr);
        std::exit(1);
    }
    return tls;
}

// Of those that wait Qt accepts one, and the next when it is taken: without room, later.
void accept(QTcpServer& server)
{
    while (server.hasPendingConnections()) {
        if (!places.room()) {
            QTimer::singleShot(10, &server, [&server] { accept(server); });
            return;
        }
        new Client{server.nextPendingConnection()};
    }
}

} // namespace

int main(int argc, char** argv)
{
    constexpr std::string_view program = "qt";
    bool const with_tls =
        argc >= 5 && argv[1] == std::string_view{"--cert"} && argv[3] == std::string_view{"--key"};
    int const taken = with_tls ? 4 : 0;
    examples::Where const where = examples::port_option(program, argc - taken, argv + taken);
    examples::StopSignals const stop;
    QCoreApplication application{argc, argv};
    Server server{with_tls ? tls_of(argv[2], argv[4]) : QSslConfiguration{}};
    server.setMaxPendingConnections(1);
    QObject::connect(&server, &QTcpServer::newConnection, [&server] { accept(server); });
    QObject::connect(&server, &QTcpServer::acceptError, [&server] { // no descriptor for it
        places.give_way();
        QTimer::singleShot(10, &server, [&server] { server.resumeAccepting(); });
    });
    if (!server.setSocketDescriptor(examples::listen_on(program, where)))
        examples::cannot_listen(program, where, server.errorString().toStdString());
    std::thread signals{[&application, &stop] {
        stop.wait();
        QMetaObject::invokeMethod(&application, &QCoreApplication::quit, Qt::QueuedConnection);
    }};
    QCoreApplication::exec();
    signals.join();
}
