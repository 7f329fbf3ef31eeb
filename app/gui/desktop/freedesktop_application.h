// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/desktop/session_application.h"

#include <QDBusAbstractAdaptor>
#include <QStringList>
#include <QVariantList>
#include <QVariantMap>

namespace lectern::gui {

/// The methods that the bus calls; their names and arguments are the interface's.
class FreedesktopApplication : public QDBusAbstractAdaptor {
  Q_OBJECT
  Q_CLASSINFO("D-Bus Interface", "org.freedesktop.Application")
 public:
  explicit FreedesktopApplication(SessionApplication* application);

 public slots:
  // NOLINTBEGIN(readability-identifier-naming): the interface's names
  void Activate(const QVariantMap& platformData);
  void Open(const QStringList& uris, const QVariantMap& platformData);
  void ActivateAction(const QString& name,
                      const QVariantList& parameter,
                      const QVariantMap& platformData);
  // NOLINTEND(readability-identifier-naming)

 private:
  void open(const QStringList& uris, const QVariantMap& platformData);

  SessionApplication* application_;
};

}  // namespace lectern::gui
