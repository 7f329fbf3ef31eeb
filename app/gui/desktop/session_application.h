// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QObject>
#include <QString>
#include <QUrl>

namespace lectern::gui {

/// Lectern on the session bus, as org.freedesktop.Application (Desktop Entry Specification, chapter
/// "D-Bus Activation"): the first process of a session holds the name, and a later one hands its
/// files over and ends. Thread: the window's.
class SessionApplication : public QObject {
  Q_OBJECT
 public:
  SessionApplication();

  /// Takes the name. False while another process holds it; true where there is no session bus, and
  /// so nobody else to be found.
  bool claim();

  /// Lets the holder of the name open the files and come forward. False: it gives no answer.
  static bool handOver(const QList<QUrl>& files);

 signals:
  /// Another start, or the desktop: the window is to come forward and to open these, if any.
  void opened(const QList<QUrl>& files);
};

}  // namespace lectern::gui
