"""How the same thing is written: emoji, English, pinyin, Cantonese, slips of the keyboard and of voice input.

Left what people write (regular expressions over lower-case simplified text), right how the signs know it. Order counts:
the longer wording stands first.
"""

EMOJI = {
    "🆘": "救命",
    "🔋": "电池",
    "🧲": "磁铁",
    "🩸": "流血",
    "🤮": "呕吐",
    "🤢": "呕吐",
    "🔥": "",
    "💊": "药片",
    "🪙": "硬币",
}

# Latin words; matched as whole words, spaces beside them go.
FOREIGN: tuple[tuple[str, str], ...] = (
    (r"choking hazards?", "隐患"),
    (r"how (?:can i|do i|to) (?:prevent|avoid|keep)|prevent(?:ing|ion)?(?: of)?|avoid(?:ing)?", "预防"),
    (r"if|in case|what if", "如果"),
    (r"(?:is|'s|are|am|was|were|has|have|had|been|did|does|do|a|an|the|of|just|his|her|my|our|some|into|" r"up)", ""),
    (r"seizures?|convuls\w*|having fit|fitting", "抽搐"),
    (r"chok(?:e|es|ed|ing)", "噎住"),
    (r"(?:can ?'?t|cannot|can not|couldn ?'?t|not|isn ?'?t|isn ?t|stopped|stop) breath\w*", "不能呼吸"),
    (
        r"(?:hard|trouble|difficulty|struggling|struggles|problems?)(?: to| with)? breath\w*|(?:short|" r"out) breath",
        "呼吸困难",
    ),
    (
        r"unconscious\w*|unresponsive|not responding|not responsive|pass(?:ed)? out|faint(?:ed|ing)|" r"collapsed",
        "昏迷了",
    ),
    (r"(?:won ?'?t|won ?t|not|can ?'?t|cannot|hard to|will not) wak\w+|lethargic|limp", "叫不醒"),
    (
        r"(?:turn(?:ed|ing|s)?|going|went|gone) (?:blue|purple)|(?:lips?|face)\s?(?:blue|purple)|(?:blue|"
        r"purple) (?:lips?|face)",
        "嘴唇发紫",
    ),
    (r"swallow(?:ed|s|ing)?|ingest\w*|ate|eaten|drank|drunk", "吞了"),
    (r"(?:button |coin )?(?:cell )?batter(?:y|ies)|button cells?", "电池"),
    (r"magnets?", "磁铁"),
    (r"coins?", "硬币"),
    (r"bleach|drain cleaner|pesticides?|rat poison|antifreeze", "消毒液"),
    (r"(?:laundry |dish ?washer |dish |washing )?(?:detergent|pods?)(?: pods?)?", "洗衣凝珠"),
    (
        r"(?:(?:whole|entire) )?bottle (?:pills?|medicines?|tylenol|ibuprofen)|overdos\w+|too (?:much|"
        r"many) (?:medicine|pills?|tylenol|ibuprofen)",
        "一瓶药片过量",
    ),
    (r"fevers?|feverish|running temp\w*|high temperature", "发烧"),
    (r"temperature", "体温"),
    (r"vomit\w*|throw(?:s|ing)?|threw|puk\w+", "呕吐"),
    (r"(?:hit|bumped|banged|hurt|landed on|fell on)\s*(?:him|he|she)?\s*heads?|head (?:injury|trauma)", "摔到头"),
    (r"fell|fallen|falls", "摔了"),
    (
        r"(?:won ?'?t|won ?t|not|doesn ?'?t|doesn ?t|can ?'?t) stop bleed\w*|"
        r"bleed\w*(?: \w+){0,3} (?:won ?'?t|not|doesn ?'?t|can ?'?t) stop\w*|heavy bleeding|"
        r"bleeding heavily",
        "流血不止",
    ),
    (r"bleed\w*", "流血"),
    (r"poison(?:ed|ing)", "中毒了"),
    (
        r"suicid\w*|kill myself|end (?:my )?life|want(?: to|na) die|(?:don ?'?t|don ?t|"
        r"not) want(?: to)? live|hurt(?:ing)? myself",
        "想自杀",
    ),
    (
        r"(?:want(?: to|na)|going to|might|afraid i will) (?:kill|hurt|harm|shake|strangle|smother|"
        r"drown) (?:baby|child|kids?|him|it|son|daughter|infant)",
        "想掐死宝宝",
    ),
    (r"drown\w*", "溺水了"),
    (r"electrocut\w+|electric shock", "触电了"),
    (r"burn(?:ed|t)|scald(?:ed|s)?", "烫伤了"),
    (r"allergic(?: reaction)?", "过敏"),
    (
        r"(?:swollen|swelling|swells?) (?:face|lips?|tongue|throat|eyes?)|(?:face|lips?|tongue|throat|"
        r"eyes?)\s?(?:swollen|swelling|swelled|swells?)",
        "过敏脸肿",
    ),
    (r"hives", "荨麻疹"),
    (r"stiff neck|neck\s?stiff", "发烧脖子发硬"),
    (r"dog bit(?:e|es|ten)?|bit(?:ten)? by dogs?", "被狗咬了"),
    (r"(?:no wet|dry) (?:diapers?|nappy|nappies)|not pee(?:ing|d)?|no pee|no urine", "8小时没有尿"),
    (r"new ?borns?", "新生儿"),
    (r"stairs|staircase", "楼梯"),
    (r"balcony", "阳台"),
    (r"window", "窗户"),
    (r"bed|sofa|couch", "床"),
    (r"head", "头"),
    (r"blood", "血"),
    (r"water", "水"),
    (r"one", "1"),
    (r"two", "2"),
    (r"three", "3"),
    (r"four", "4"),
    (r"five", "5"),
    (r"six", "6"),
    (r"-?months?(?:[- ]?old)?", "个月大"),
    (r"-?weeks?[- ]?old", "周大"),
    (r"-?days?[- ]?old", "天大"),
    (r"-?years?(?:[- ]?old)?", "岁"),
    (
        r"babys|babies|baby|babe|bb|bibi|kids?|child(?:ren)?|sons?|daughters?|toddler|infant|little (?:one|"
        r"girl|boy)|boy|girl",
        "宝宝",
    ),
    (r"fa ?shao|gao ?shao", "发烧"),
    (r"chou ?chu|chou ?feng|jing ?jue", "抽搐"),
    (r"chou ?jin", "抽筋"),
    (r"ye ?(?:zhu|dao|zhe|si)", "噎住"),
    (r"qiang ?(?:dao|zhu)", "呛到"),
    (r"tun ?(?:le|xia|xiaqu)", "吞了"),
    (r"wu ?(?:shi|tun)", "误食"),
    (r"(?:niu ?kou ?)?dian ?chi", "电池"),
    (r"ci ?tie", "磁铁"),
    (r"ying ?bi", "硬币"),
    (r"hu ?xi ?kun ?nan|chuan ?bu ?(?:shang|guo) ?qi", "呼吸困难"),
    (r"hun ?mi|yun ?dao", "昏迷"),
    (r"jiao ?bu ?xing", "叫不醒"),
    (r"fa ?zi", "发紫"),
    (r"fan ?bai ?yan", "翻白眼"),
    (r"(?:ag|lr|cr|sr)-?\d{1,4}", "电池"),
    (r"zui ?(?:chun|ba)", "嘴唇"),
    (r"ou ?tu|tu ?le", "呕吐"),
    (r"zi ?sha", "自杀"),
    (r"xiang ?si", "想死"),
    (r"bu ?xiang ?huo", "不想活"),
    (r"zhong ?du", "中毒"),
    (r"tang ?shang", "烫伤"),
    (r"yi", "1"),
    (r"liang", "2"),
    (r"san", "3"),
    (r"bei", "被"),
    (r"chi ?(?:le)?", "吃了"),
    (r"he ?le", "喝了"),
    (r"ge ?yue(?: ?da)?", "个月"),
    (r"bao ?bao|hai ?zi|wa", "宝宝"),
    (r"du", "度"),
    (r"le", "了"),
)

SLIPS: tuple[tuple[str, str], ...] = (
    # how one begins to ask; 想 and 手 then mean nothing of their own
    ("(?:我们?|俺)?(?:就)?想(?:要)?(?:请)?(?:问|咨询|请教|了解|知道|看看?|买)(?:一下|下)?(?:你们?|您|大家|各位)?", ","),
    ("请问(?:一下|下)?|(?:麻烦)?(?:请教|咨询|问)(?:一下|下)", ","),
    ("手机", "电话"),
    ("俩个?月", "2个月"),
    # Cantonese
    ("[唔]", "不"),
    ("冇", "没有"),
    ("[畀俾](?=[狗猫蛇蜂开滚人他火车门])", "被"),
    ("咬亲", "咬到"),
    ("食紧", "吃着"),
    ("[咗左](?=[粒个块口支瓶啲几一半个,。]|$)|咗", "了"),
    ("不[识会](?:透气|呼吸|唞气)", "没有呼吸"),
    ("瞓极都不醒", "叫不醒"),
    ("佢", "他"),
    ("嘅", "的"),
    ("喺", "在"),
    ("啲", "些"),
    ("而家|依家|家阵", "现在"),
    ("头先(?!着|落|碰|撞|磕)|啱啱|啱先", "刚才"),
    ("烧紧|发紧烧|烧紧烧", "发烧"),
    ("抽紧筋?|抽紧搐", "抽搐"),
    ("[透抖唞](?:不到|到不)气|不[透抖唞]到?气|不够气", "喘不上气"),
    ("(?<![误粮饮零辅副主甜美])食了", "吃了"),
    ("(?<!餐)饮了", "喝了"),
    ("(?:跌|撞|碰|仆|砸)亲(?:个?头)?", "摔到头"),
    ("(?:渌|烫|灼|淥|㷫)亲", "烫伤了"),
    ("(?:哽|鲠|骾)(?:亲|住|到|了)", "噎住"),
    ("(?:浊|濁|呛)亲", "呛到"),
    ("(?:叫|嗌)(?:极|来叫去)(?:都|他都)?(?:不|没有)(?:醒|反应)|(?:瞓|睡)到?[^,。]{0,4}叫不醒|瞓醒不", "叫不醒"),
    ("晕低", "晕倒"),
    ("瞓", "睡"),
    ("滚水", "开水"),
    ("电芯", "电池"),
    ("屙", "拉"),
    ("个头(?=[,。肿流出])", "头"),
    ("郁不到|不郁|不识郁", "不动了"),
    ("口唇", "嘴唇"),
    ("嘴皮", "嘴唇"),
    # other dialects and colloquial words
    ("厥过去|撅过去|背过去", "昏过去"),
    ("抽抽(?![搭噎泣涕嗒])了?(?<!哭得抽抽)", "抽搐"),
    ("羊角风|羊癫疯|羊羔疯|羊儿疯|癫痫|痉挛", "抽搐"),
    ("啷个|咋个", "怎么"),
    ("卡喉咙|卡嗓子", "卡在喉咙"),
    ("上不来气|喘不来气|出不来气|换不过气|吸不上气|吸不进气|喘不动气|气喘不(?:上来|过来|上)|上气不接下气", "喘不上气"),
    ("嘴(?:巴)?唇|嘴巴", "嘴唇"),
    (
        "发青发紫|青紫|紫绀|发绀|紫青|铁青|乌青|乌紫|酱紫|变紫|变青|发乌|变乌|发蓝|变蓝|泛紫|"
        "紫紫的|都紫|"
        "变成紫色|是紫的|紫了",
        "发紫",
    ),
    # slips
    ("抽[畜蓄触处储促绪出刍矗搐]|搐搦", "抽搐"),
    ("惊[决撅蕨橛绝诀倔]", "惊厥"),
    ("发[稍捎骚绍哨]|法烧|起烧|发起烧|发着烧|发了烧|发个烧", "发烧"),
    ("[咽掖椰爷耶噫叶夜业]住(?!院)", "噎住"),
    ("[炝跄戗]([到住了])", r"呛\1"),
    ("呛道", "呛到"),
    ("呼[吸西希]困[南男能那难喃]|胡吸困难", "呼吸困难"),
    ("[踹揣穿川][不补](?:上|过|过来)[气起汽]|喘[不补](?:上|过|过来|了)[起汽气]?", "喘不上气"),
    ("[混婚昏荤]谜|[混婚]迷", "昏迷"),
    ("[纽扭钮][扣口叩]电[池迟持磁尺]|[纽扭钮][扣口](?=吞)", "纽扣电池"),
    ("电[迟持尺]", "电池"),
    ("[词慈瓷]铁|吸铁石|磁力[珠球贴棒]|磁[珠球石]|巴克球|魔力磁|磁吸扣|磁扣|磁性(?:珠|片|积木)", "磁铁"),
    ("吞[喽啦咯嘞啰]|[吨臀](?=了[个颗粒枚一])", "吞了"),
    ("咽(?=了|下)", "吞"),
    ("烫[丧商]|汤[伤丧]", "烫伤"),
    ("[中仲]读了", "中毒了"),
    ("致息|窒西|窒熄", "窒息"),
    ("过[铭名明](?!字)", "过敏"),
    ("呕土|偶吐", "呕吐"),
    ("[煤媒][汽器](?!车)", "煤气"),
    ("想四了?|想寄了", "想死"),
    ("紫砂(?![壶锅杯陶茶花煲盆的色器罐砂])", "自杀"),
    ("不想[话或]了", "不想活了"),
    ("跳[喽漏](?=[,。自了]|$)", "跳楼"),
    ("洗衣[宁柠]珠|洗衣球|凝珠", "洗衣凝珠"),
    # one wording per thing
    (
        "发热(?![垫毯片门源膜地丝管电])|高热|低热|高温(?=\\d)|烧(?:得|的)(?:烫手|滚烫|通红|厉害|迷糊)|"
        "发高烧|发低烧|高烧|低烧",
        "发烧",
    ),
    ("(?:前囟门?|后囟门?|卤门|天灵盖|脑门心|囱门|头顶(?:软|那块))", "囟门"),
    ("钢镚儿?|铜板", "硬币"),
    ("急诊科?室?|急症", "急诊"),
)

CHILD = (
    "(?:小宝宝|宝宝|[小大二三]宝(?!贝)|宝贝|宝儿|小孩子?|孩子|小朋友|孩儿|娃娃|娃儿|奶娃|男娃|女娃|"
    "[大二小老]?娃(?!哈)|婴儿|幼儿(?!园)|婴幼儿|"
    "[大小二]?儿子|[大小二]?女儿(?!墙)|闺女|囡囡|妞妞|小子|崽崽|[大小]?崽|幺儿|老[大二三](?=[^的])|"
    "[大小]?弟弟|[小]?妹妹|细路[仔女]?|仔仔|小家伙|小侄[子女]|外甥|伢儿?|孙[子女]|小不点)"
)
