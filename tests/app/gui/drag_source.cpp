// SPDX-License-Identifier: GPL-3.0-or-later
// A window of another program, from which a file can be dragged: drag_source FILE. It says where
// it stands, "X Y" of its middle, and ends with its standard input.
#include <QApplication>
#include <QDrag>
#include <QLabel>
#include <QMimeData>
#include <QMouseEvent>
#include <QSocketNotifier>
#include <QTextStream>
#include <QUrl>

namespace {

class Source : public QLabel {
 public:
  explicit Source(const QUrl& url) : url_(url) {}

 protected:
  void mouseMoveEvent(QMouseEvent* event) override {
    if (!(event->buttons() & Qt::LeftButton)) return;
    auto* drag = new QDrag(this);
    auto* data = new QMimeData;
    data->setUrls({url_});
    drag->setMimeData(data);
    drag->exec(Qt::CopyAction);
  }

 private:
  QUrl url_;
};

}  // namespace

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  Source source(QUrl::fromLocalFile(QString::fromLocal8Bit(argv[1])));
  source.setText(QString::fromLocal8Bit(argv[1]));
  source.setGeometry(1320, 20, 240, 120);
  source.show();
  QSocketNotifier ended(0, QSocketNotifier::Read);
  QObject::connect(&ended, &QSocketNotifier::activated, &application, &QApplication::quit);
  const QPoint middle = source.mapToGlobal(source.rect().center());
  QTextStream(stdout) << middle.x() << ' ' << middle.y() << Qt::endl;
  return QApplication::exec();
}
