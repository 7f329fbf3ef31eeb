// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/desktop/session_application.h"

#include "app/gui/desktop/freedesktop_application.h"

#include <QDBusConnection>
#include <QDBusMessage>

namespace lectern::gui {

namespace {

const QString kName = QStringLiteral("org.lectern.Lectern");
const QString kPath = QStringLiteral("/org/lectern/Lectern");
constexpr int kPatienceMs = 5'000;

// What lets the other process's window come forward: the desktop gave it to this one at its start.
QVariantMap platformData() {
  QVariantMap data;
  const auto add = [&data](const char* variable, const char* key) {
    const QString value = qEnvironmentVariable(variable);
    if (!value.isEmpty()) data.insert(QString::fromLatin1(key), value);
  };
  add("XDG_ACTIVATION_TOKEN", "activation-token");
  add("DESKTOP_STARTUP_ID", "desktop-startup-id");
  return data;
}

}  // namespace

FreedesktopApplication::FreedesktopApplication(SessionApplication* application)
    : QDBusAbstractAdaptor(application), application_(application) {}

void FreedesktopApplication::Activate(const QVariantMap& platformData) {
  open({}, platformData);
}

void FreedesktopApplication::Open(const QStringList& uris, const QVariantMap& platformData) {
  open(uris, platformData);
}

void FreedesktopApplication::ActivateAction(const QString& /*name*/,
                                            const QVariantList& /*parameter*/,
                                            const QVariantMap& platformData) {
  open({}, platformData);  // the desktop entry names no actions
}

void FreedesktopApplication::open(const QStringList& uris, const QVariantMap& platformData) {
  const QString token = platformData.value(QStringLiteral("activation-token")).toString();
  // Qt's Wayland plug-in looks for it here when a window asks to be activated.
  if (!token.isEmpty()) qputenv("XDG_ACTIVATION_TOKEN", token.toUtf8());
  emit application_->opened(QUrl::fromStringList(uris));
}

SessionApplication::SessionApplication() {
  new FreedesktopApplication(this);
}

bool SessionApplication::claim() {
  QDBusConnection bus = QDBusConnection::sessionBus();
  if (!bus.isConnected()) return true;
  // The object first: who finds the name must find it, too.
  bus.registerObject(kPath, this);
  return bus.registerService(kName);
}

bool SessionApplication::handOver(const QList<QUrl>& files) {
  QDBusMessage call = QDBusMessage::createMethodCall(
      kName, kPath, QStringLiteral("org.freedesktop.Application"),
      files.isEmpty() ? QStringLiteral("Activate") : QStringLiteral("Open"));
  if (!files.isEmpty()) call << QUrl::toStringList(files, QUrl::FullyEncoded);
  call << platformData();
  const QDBusMessage reply = QDBusConnection::sessionBus().call(call, QDBus::Block, kPatienceMs);
  return reply.type() == QDBusMessage::ReplyMessage;
}

}  // namespace lectern::gui
