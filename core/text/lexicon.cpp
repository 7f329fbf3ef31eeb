// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/lexicon.h"

#include "core/unicode/fold.h"
#include "core/unicode/words.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace lectern::text {

namespace {

// One list for all nine languages, since a paragraph's language is not known and documents mix
// them. A word stands where it does least harm: "art" and "no" end English sentences, so a number
// must follow; "gen", "rep", "col" are titles only with a capital.
constexpr std::string_view kNever =
    // English
    "Mr Mrs Ms Dr Prof Rev Hon Gen Col Lt Capt Cmdr Maj Sgt Gov Sen Rep Pres Supt St Ste Mt Messrs "
    "e.g i.e viz cf vs ibid. approx. a.k.a "
    // Spanish
    "Sr Sra Srta Sres Sras Dra Dña Ud Uds Vd Vds Excmo Excma Ilmo Ilma Lic Ing Arq Mons Fr Gral "
    "Cnel EE p.ej p.e i.a aprox cfr "
    // French
    "M MM Mme Mmes Mlle Mlles Mgr Pr Vve c.-à-d c-à-d p.ex par ex env av apr "
    // Portuguese
    "Srs Srª Sr.ª Dr.ª Drs Exmo Exma Profa Profª Eng Engª V.Exª Profª "
    // Italian
    "Sig Sigg sig sigg dott avv arch geom rag prof on.le Sig.ra Sig.na Dott Dott.ssa Prof.ssa Avv "
    "Arch Geom Rag Mons p.es ad.es "
    "cosid "
    // Dutch
    "dhr mevr mw drs ing mr dr prof bijv bv d.w.z dwz d.m.v o.b.v i.v.m m.b.t t.a.v t.o.v i.p.v "
    "o.a m.a.w m.n n.a.v o.l.v i.h.b zgn resp incl excl ca vgl "
    // German
    "Hr Fa Fr Frl Hrn Dipl Ing Mag Univ z.B z.b d.h i.d.R i.d.r u.U u.u z.T z.t m.E m.e s.o s.u "
    "z.Z "
    "z.Zt i.S.d i.S.v i.V.m i.v.m u.v.m.a o.g o.Ä.v sog bzw ggf ggfs evtl inkl einschl exkl zzgl "
    "abzgl bspw insb insbes lt vgl zul betr bez hrsg Hrsg ehem gest geb verh dt engl frz "
    "lat griech ital sen jun St "
    // Arabic, Hebrew
    "د أ.د أ ا.د م.د";

constexpr std::string_view kNumber =
    // English
    "No Nos no nos App app Fig Figs fig figs Eq Eqs eq Sec Secs sec secs Sect Ch ch Chap chap Vol "
    "vol Vols "
    "Art art Arts p pp P pt para paras Ex Tab tab Ref Refs Thm Def Prop Cor Ver ver v l ll n "
    "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec c circa "
    // Spanish, Portuguese
    "núm núms Núm n.º N.º n.os nº Nº art arts cap caps pág págs Pág pag pags inc párr párrs fracc "
    "apdo secc "
    "lín tel tfno ene abr ago set dic fev out dez fl fls al ss séc séc. "
    // French
    "n° N° chap al ann sect vol éd fasc tél janv févr juil sept oct nov déc "
    // Italian
    "n nn artt pagg par parr co c cc lett tav tavv lug gen "
    // Dutch
    "nr nrs Nr blz hfst hfdst afb par tel okt mrt "
    // German
    "Nr Nrn Abs Art Artt Ziff Buchst Abb Tab Kap S Rn Rz Rdnr Tz Bd Bde Anm Anl Beil Aufl Jg Lfg "
    "Z H Tel Okt Dez Jän mind max min Str Pos "
    // Arabic
    "ص ج ط ت م رقم";

constexpr std::string_view kClosing =
    "etc Inc Ltd Corp Bros Jr Sr a.m p.m A.M P.M "
    "إلخ الخ "
    "ecc usw usf uvm u.v.m u.ä u.Ä o.ä o.Ä enz e.d e.a e.V u.a.m ff f "
    "ss sgg seg segg ed.cit cit op.cit loc.cit";

constexpr std::string_view kMaybe =
    "al et.al Co S.A S.L S.R.L s.r.l S.r.l S.p.A s.p.a B.V N.V u.a a.C d.C a.c d.c a.Chr v.Chr "
    "n.Chr v.Chr. av.J.-C apr.J.-C J.-C J.C Chr U.S U.K "
    "E.U U.N EE.UU Ph.D M.D B.A M.A rd dept est govt gest mult Mio Mrd Tsd Std Mill "
    "k.k bzgl Jh Jhd Jhs Mill Dir Abt Min Max Ges Ass ass "
    "هـ ق.م ش.م ش.م.م";

constexpr std::string_view kOrdinalLeads =
    "am im der die das den dem des vom zum zur bis ab und seit ins beim nach vor jede jeder jedes "
    "ein eine einem einen einer ihr ihre ihrem ihren sein seine seinem seinen unser unsere unserem "
    "unseren mein meinem meinen";

constexpr std::string_view kNumberedNouns =
    "chapter section article appendix annex part figure table clause rule step vitamin plan class "
    "kapitel abschnitt artikel anhang anlage teil abbildung tabelle klasse stufe "
    "capítulo sección artículo apéndice anexo parte figura tabla cláusula "
    "chapitre partie annexe appendice tableau titre livre "
    "secção seção artigo apêndice tabela título "
    "capitolo sezione articolo allegato tabella titolo "
    "hoofdstuk afdeling bijlage deel figuur tabel titel "
    "الفصل فصل الماده ماده الباب باب القسم قسم الملحق ملحق الشكل شكل الجدول جدول "
    "סעיף פרק חלק כיתה נספח קבוצה שלב ויטמין קומה רמה סוג תרשים טבלה";

constexpr std::string_view kVerbsOfSaying =
    "אמר אמרה אמרו שאל שאלה ענה ענתה השיב השיבה צעק צעקה קרא קראה "
    "قال قالت سأل سألت أجاب أجابت صاح صاحت هتف رد ردت";

// Calls each(word) for the words of a list.
template <class Each>
void forEachWord(std::string_view list, const Each& each) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(' '), list.size());
    if (end > 0) each(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

using Abbreviations = std::unordered_map<std::string, Abbreviation>;

Abbreviations readAbbreviations() {
  Abbreviations words;
  const auto add = [&words](std::string_view list, Abbreviation kind) {
    forEachWord(list, [&](std::string_view word) {
      if (word.back() == '.') word.remove_suffix(1);
      words.try_emplace(std::string(word), kind);
    });
  };
  add(kNever, Abbreviation::Never);
  add(kNumber, Abbreviation::Number);
  add(kClosing, Abbreviation::Closing);
  add(kMaybe, Abbreviation::Maybe);
  return words;
}

Abbreviation find(const Abbreviations& words, const std::string& word) {
  const auto entry = words.find(word);
  return entry == words.end() ? Abbreviation::None : entry->second;
}

using WordSet = std::unordered_set<std::string>;

WordSet readFolded(std::string_view list) {
  WordSet words;
  forEachWord(list, [&words](std::string_view word) { words.insert(unicode::fold(word)); });
  return words;
}

bool contains(const WordSet& words, std::string_view word) {
  return words.find(std::string(word)) != words.end();
}

}  // namespace

Abbreviation abbreviation(std::string_view word) {
  static const Abbreviations words = readAbbreviations();
  std::string key(word);
  const Abbreviation exact = find(words, key);
  if (exact != Abbreviation::None || key.size() < 3 || key[0] < 'A' || key[0] > 'Z') return exact;
  key[0] = static_cast<char>(key[0] + ('a' - 'A'));
  return find(words, key);
}

bool leadsToOrdinal(std::string_view foldedWord) {
  static const WordSet words = readFolded(kOrdinalLeads);
  return contains(words, foldedWord);
}

bool isNumberedNoun(std::string_view foldedWord) {
  static const WordSet words = readFolded(kNumberedNouns);
  const std::vector<std::string> bare = unicode::withoutPrefixes(foldedWord);
  return contains(words, foldedWord) ||
         std::any_of(bare.begin(), bare.end(),
                     [](const std::string& form) { return contains(words, form); });
}

bool isVerbOfSaying(std::string_view foldedWord) {
  static const WordSet words = readFolded(kVerbsOfSaying);
  return contains(words, foldedWord);
}

}  // namespace lectern::text
