// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/guarded_words.h"

#include "core/unicode/fold.h"

#include <string>
#include <unordered_set>

namespace lectern {

namespace {

// Function words ("one", "un", "ein") are stop words and never asked for here; "may" the month and
// "second" the unit are left out, because the other word of that spelling is the commoner.
constexpr std::string_view kNumberWords =
    // English, Dutch, German
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred "
    "thousand million billion half double twice "
    "twee drie vier vijf zes zeven acht negen tien elf twaalf twintig dertig veertig vijftig "
    "zestig "
    "zeventig tachtig negentig honderd duizend miljoen miljard helft dubbel "
    "zwei drei fünf sechs sieben neun zehn zwölf dreizehn vierzehn fünfzehn zwanzig dreißig "
    "vierzig "
    "fünfzig sechzig siebzig achtzig neunzig hundert tausend million milliarde hälfte doppelt "
    // Spanish, Portuguese, Italian, French
    "dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince veinte "
    "treinta "
    "cuarenta cincuenta sesenta setenta ochenta noventa cien ciento mil millón mitad doble "
    "dois duas três quatro sete oito nove dez onze doze treze quinze vinte trinta quarenta "
    "cinquenta "
    "sessenta oitenta cem cento milhão metade dobro "
    "due tre quattro cinque sei sette otto dieci undici dodici tredici quindici venti trenta "
    "quaranta "
    "cinquanta sessanta settanta ottanta novanta cento mille milione metà doppio "
    "deux trois quatre cinq sept huit neuf dix douze treize vingt trente quarante cinquante "
    "soixante "
    "cent moitié double "
    // Hebrew, Arabic
    "שני שתי שניים שתיים שלוש שלושה ארבע ארבעה חמש חמישה שש שישה שבע שבעה שמונה תשע תשעה עשר עשרה "
    "עשרים שלושים ארבעים חמישים שישים שבעים שמונים תשעים מאה מאתיים אלף מיליון חצי כפול "
    "اثنان اثنين ثلاث ثلاثة أربع أربعة خمس خمسة ست ستة سبع سبعة ثمان ثمانية تسع تسعة عشر عشرة "
    "عشرون عشرين ثلاثون ثلاثين أربعون أربعين خمسون خمسين ستون ستين سبعون سبعين ثمانون ثمانين "
    "تسعون تسعين مئة مائة ألف مليون نصف ضعف ";

constexpr std::string_view kUnits =
    "percent procent prozent por cento pourcent אחוז بالمئة kb mb gb tb kib mib gib tib byte bytes "
    "octets bit bits kg mg km cm mm ml khz mhz ghz hz kw kwh eur usd gbp chf euro euros dollar "
    "dollars dólares dollari pounds pfund kilo kilometre kilometer kilometers kilometres metres "
    "meters metros metri mètres liter litres litros litri שקל שקלים דולר יורו دولار يورو ";

constexpr std::string_view kDates =
    // months
    "january february march april june july august september october november december "
    "januari februari maart mei juni juli augustus oktober "
    "januar februar märz mai juni juli dezember "
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre "
    "janeiro fevereiro março maio junho julho setembro outubro novembro dezembro "
    "gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre "
    "janvier février mars avril juin juillet août septembre octobre novembre décembre "
    "ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר "
    "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر "
    // weekdays
    "monday tuesday wednesday thursday friday saturday sunday "
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag "
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag "
    "lunes martes miércoles jueves viernes sábado domingo "
    "lunedì martedì mercoledì giovedì venerdì domenica "
    "lundi mardi mercredi jeudi vendredi samedi dimanche "
    "ראשון רביעי חמישי שישי שבת الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد ";

constexpr std::string_view kTimeUnits =
    "minute minutes hour hours day days week weeks month months quarter year years "
    "minuut minuten uur dag dagen weken maand maanden kwartaal jaar jaren "
    "stunde stunden tag tage tagen woche wochen monat monate monaten quartal jahr jahre jahren "
    "minuto minutos hora horas día días semana semanas mes meses trimestre año años "
    "dia dias mês ano anos minuti ora ore giorno giorni settimana settimane mese mesi anno anni "
    "heure heures jour jours semaine semaines mois an ans année années "
    "דקה דקות שעה שעות יום ימים שבוע שבועות חודש חודשים שנה שנים "
    "دقيقة دقائق ساعة ساعات يوم أيام أسبوع أسابيع شهر أشهر سنة سنوات عام أعوام ";

std::unordered_set<std::string> foldedWords(std::string_view words) {
  std::unordered_set<std::string> set;
  while (!words.empty()) {
    const size_t space = words.find(' ');
    if (space > 0) set.insert(unicode::fold(words.substr(0, space)));
    words.remove_prefix(space + 1);
  }
  return set;
}

}  // namespace

bool isQuantityWord(std::string_view folded) {
  static const auto words = [] {
    std::unordered_set<std::string> all = foldedWords(kNumberWords);
    all.merge(foldedWords(kUnits));
    return all;
  }();
  return words.contains(std::string(folded));
}

bool isUnitWord(std::string_view folded) {
  static const auto words = [] {
    std::unordered_set<std::string> all = foldedWords(kUnits);
    all.merge(foldedWords(kTimeUnits));
    return all;
  }();
  return words.contains(std::string(folded));
}

bool isTimeWord(std::string_view folded) {
  static const auto words = [] {
    std::unordered_set<std::string> all = foldedWords(kDates);
    all.merge(foldedWords(kTimeUnits));
    return all;
  }();
  return words.contains(std::string(folded));
}

}  // namespace lectern
