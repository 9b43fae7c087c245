"""Dangers said outright in a few everyday words.

So short a message holds too few words for the classifier to judge: what stands here it cannot take back. Therefore each
pattern leaves little room between its words, and says itself what is no danger.
"""

from collections.abc import Mapping

from knowledge.danger.context import EVERY, HAPPENED, hearsay, learned, near, negated, past, prevented, said, supposed
from knowledge.danger.sign import Told
from knowledge.danger.words import CAUSTIC

# A child who hears and does not come: at play, before a screen, asleep in the morning; a question about hearing.
_ABSORBED = (
    "名字|大名|小名|自闭|听力|听觉|耳朵|社交|语言|发育|动画|电视|电话|平板|ipad|游戏|在玩|玩得|玩玩具|玩积木|积木|拼图|绘本|看书|"
    "专注|专心|入迷|写作业|上学|上课|幼儿园|起床|闹钟|早上|早晨|周末|懒觉|午觉|午睡|睡得(?:真|太|很|特别|好)?(?:香|沉|熟|死)|夜奶|"
    "把尿|起夜|青春期|叛逆|故意|假装|装(?:没|听|睡)|呼噜|嗝|哄|不睡|小爱|小度|精灵|siri|音箱|机器人|客服|售后|商家|老师说|打呼|打电话"
)
_CALLED = (
    "(?:叫|喊|唤|拍|摇|推|掐|戳)(?:了|着)?(?:他|她|宝宝|人|老人|奶奶|爷爷|妈妈?|爸爸?|老[公婆]|外[婆公]|姥[姥爷])?"
    "(?:他|她|了|都|也|还|却|就|怎么|半天|好半天|好久|好?几声|好?几次|好?几遍|好?几下|[2-9两]下|1直|一直|大声|现在|已经|几乎|基本){0,4}"
)
_NO_ANSWER = (
    "没(?:有)?(?:什么|啥|多大|多少|1点|一点|半点|任何|太大|太多|怎么)的?(?:反应|回应|动静)|"
    "不(?:太|怎么|大|咋)(?:会|能|肯)?(?:醒|应(?!该)|睁眼)|没怎么(?:醒|应(?!该)|睁眼)|不(?:太)?容易醒"
)
_STILL: Told = (
    (said(f"{_CALLED}(?:{_NO_ANSWER})", never=f"{_ABSORBED}|发汗|中暑", guards=EVERY),),
    (
        said("(?:叫|喊|唤)[^,。]{0,4}(?:不(?:太|怎么|大|咋)?|没(?:怎么)?)(?:搭理|理)(?:人|我|睬)?", never=_ABSORBED),
        said(
            "呆呆|眼神[^,。]{0,4}(?:呆|空|散|直|不对)|迷迷糊糊|迷糊|昏昏|软(?:绵|趴|塌)|脸色|蔫|嗜睡|没(?:有|什么|啥)?精神|一直睡|发直|呛奶",
            guards=(negated,),
        ),
    ),
)

# A wrist is cut by a knife in the kitchen too: then it happened, by a thing.
_BY_ACCIDENT = "割到|划到|不小心|切菜|切到|削|玻璃|碎|罐头|铁皮|纸箱|快递|瓷|机器|被(?!逼)|贴纸|手链|袖口|勒"
_WRISTS: Told = (
    (
        said(
            "(?:割|划|切)(?:了|开|破|断)?(?:自己的?|我的?)?手腕|手腕[^,。]{0,6}(?:割|划)(?:了|开|破|好几|[1-9一几])|割脉|"
            "(?:拿|用)[^,。]{0,4}刀片?[^,。]{0,4}(?:划|割)(?:了|伤)?自己",
            unless=_BY_ACCIDENT,
            guards=(hearsay, past, prevented, learned),
        ),
    ),
)

_GROWN = (
    "(?:老公|丈夫|前夫|前任|男友|男朋友|对象|孩子他?爸|宝宝他?爸爸?|他爸爸?|她爸爸?|(?<!手)(?<!新)(?<!宝)妈妈?|(?<!宝)(?<!奶)爸爸?|爸妈|父母|"
    "父亲|母亲|公公|婆婆|爷爷|外公|姥爷|叔叔|舅舅|后[爸妈]|继[父母]|家里人|男人|那个男的|那个人|陌生人|邻居|有人)"
)
_FIGURE = (
    "哈|笑|玩笑|游戏|花(?:了|钱|这么)|贵|价|又买|买(?:了|这么)|败家|作业|高数|考|减肥|健身|教练|老板|领导|甲方|客服|客户|"
    "知道|发现|看到|睡|夜奶|作息|喂|闹|萌|美|帅|可爱|剧|电影|蚊|"
    "电话|微信|视频|招呼|打我卡|打我账|打我银行|钱|牌|麻将|打我车|小时候"
)
_WEAPON = "(?:菜刀|水果刀|尖刀|砍刀|小刀|剪刀|(?<!牙)(?<!剃须)(?<!餐)刀|斧头?|棍子?|锤子?|皮带)"
_NO_WEAPON = (
    "玩具|塑料刀|木刀|积木|切菜|切水果|切肉|切蛋糕|切了?西瓜|削|做饭|炒菜|学做|辅食|餐具|刀叉|快递|拆|剪纸|手工|过家家"
)
_THREATENS = said(
    f"(?:{_GROWN}|他|她)[^,。]{{0,4}}(?:想|要|说要|扬言|准备|打算|威胁)[^,。]{{0,3}}(?:杀|弄死|砍死?|捅死?|掐死|打死)(?:了|死|掉)?"
    "(?:我|我们|全家|宝宝)",
    unless=_FIGURE,
    never="哈哈|又买|买了|剁手|败家|玩笑|双11|沙发|优惠",
    guards=(negated, hearsay, past, prevented, learned),
)
_ARMED = said(
    f"^(?:现在|正|又)?(?:{_GROWN}|他|她)(?:现在|又|正|还|就|突然)*(?:拿|提|举|抄|握|抓|带)(?:着|了|起|出|把|1把|来)*{_WEAPON}(?:子)?"
    "(?:了|来了|过来了?|出来了?|呢)*$|"
    "(?:在)?(?:砸|踹|撞|踢)(?:我)?(?:家)?(?:的)?门|(?:追|堵|打|掐|砍)(?:着|住|到)?我|动手了|打人了|过来了|在门口|在门外",
    unless=_NO_WEAPON,
    guards=(negated, hearsay, past, prevented, learned),
)
_ASSAULTED: Told = (
    (_THREATENS,),
    (
        said(
            f"(?:{_GROWN}|他|她)[^,。]{{0,4}}(?:拿|提|举|抄|握)(?:着|了|起|出|把|1把|来)*{_WEAPON}[^,。]{{0,3}}"
            "(?:追|砍|捅|对着|指着|威胁|逼|堵|冲|架|要杀|吓|抵)[^,。]{0,4}(?:我|人|宝宝|妈|奶奶|老婆)",
            unless=_NO_WEAPON + "|" + _FIGURE,
            guards=(negated, hearsay, past, prevented, learned),
        ),
    ),
    (
        said(
            f"^(?:{_GROWN})(?:现在|又|正|还|就|突然)*(?:拿|提|举|抄|握)(?:着|了|起|出|把|1把|来)*{_WEAPON}(?:子)?"
            "(?:过来了?|出来了?|冲[^,。]{0,4})$",
            unless=_NO_WEAPON,
        ),
    ),
    (
        said(
            f"(?:^|(?<=[,。])|我|说|是|被|让|救命){_GROWN}(?:又|在|还|总|老|老是|总是|天天|经常|一直|刚|刚才|刚刚|昨晚|昨天|今天|喝酒|喝醉了?|动不动就?|拿东西|用力|"
            "使劲|动手|就|会)*(?:打|揍|踹|踢|扇|掐)(?:了)?我(?!家|们|的|妈|爸|卡|账)(?![^,。]{0,2}(?:1下|一下)[^,。]{0,3}(?:宝宝|就笑))",
            unless=_FIGURE + "|轻轻|学|儿歌|绘本|针|疫苗|球|屁股玩|模仿|分|粉底|妆",
            guards=(negated, hearsay, past, prevented, learned),
        ),
    ),
)

# Somebody else's hand; children touch themselves, doctors look, parents wash.
_TOUCHER = (
    "(?:叔叔|伯伯|舅舅|姨父|姑父|老师|邻居|爷爷|外公|姥爷|大人|男的|陌生人|那个人|有人|别人|教练|保安|司机|同学|继父|后爸|表哥|堂哥|阿姨|保姆|"
    "(?:说|告诉我?|讲)[^,。]{0,4}爸爸?)"
)
_PRIVATE = (
    "(?:小?鸡鸡|小?丁丁|尿尿的?(?:地方|那里)?|小便的?地方|下面|下体|私处|隐私|胸部|胸(?!口|前)|裤子里|内裤里?|裤裆)"
)
_TOUCHED: Told = (
    (
        said(
            f"{_TOUCHER}(?:老|总|一直|老是|总是|又|会|给)?[^,。总老爱]{{0,4}}(?:摸|碰|亲|抠|捏|玩|弄)(?:了|过|着)?[^,。]{{0,3}}{_PRIVATE}",
            unless="自己|逗|玩笑|检查|体检|医生|包皮|红屁|换[尿裤]|上药|涂|擦|课|怎么教|性教育|如果|要是|万一",
            guards=(negated, hearsay, prevented, learned),
        ),
    ),
)

_FRAME = (
    "(?:护栏|栏杆|围栏|床栏|床围|栅栏|楼梯|椅背|椅子?|扶手|防盗[窗网]|窗户?|门缝|床缝|墙缝|缝隙?|"
    "柜|隔板|马桶|桶|罐|瓶口?|花盆)"
)
_HEAD = "(?:(?<![枕床龙喷镜木蓬帘])头(?![像发款枕靠皮])|脑袋|脖子|颈|身子|胸)"
_NOT_STUCK = (
    "能卡|会卡|容易|防|间距|间隔|多宽|多大|缝隙大|风险|隐患|安全吗|怕|担心|设计|款|标准|枕|领|衣|尺寸|选|买|客服|"
    "出来了|弄出|救出|拿下来了|没事|年前|只是红印"
)
_JAMMED: Told = (
    (
        said(
            f"{_FRAME}(?:里|上|边|中间|把|给)?[^,。]{{0,3}}(?:卡|夹)(?:住|着|到|在|了)*[^,。]{{0,3}}{_HEAD}",
            f"{_HEAD}(?:被|给|都|又|也|已经|不小心)?[^,。]{{0,2}}(?:卡|夹)(?:在|进|到|住|了)*[^,。]{{0,4}}{_FRAME}",
            never=_NOT_STUCK,
            guards=EVERY,
        ),
    ),
)

_BAG = "(?:塑料袋|胶袋|保鲜膜|保鲜袋|垃圾袋|购物袋|快递袋|包装袋|方便袋|袋子)"
_FACE = "(?:(?<![枕床龙喷镜木蓬帘])头(?!发|皮|像)|脑袋|脸|口鼻|嘴|鼻子)"
_BAGGED: Told = (
    (
        said(
            f"{_BAG}(?:把|被|给)?[^,。]{{0,4}}(?:套|蒙|罩|捂|裹)(?:在|住|到|进|着|了)*[^,。]{{0,4}}{_FACE}[^,。]{{0,2}}",
            f"{_FACE}(?:上|被|让|给|都|整个)*(?:套|蒙|罩|捂|裹)(?:在|住|到|进|着|了|上)*[^,。]{{0,4}}{_BAG}",
            f"{_FACE}(?:被|让|给){_BAG}(?:套|蒙|罩|捂|裹)",
            unless="喜欢|爱|总|老是|经常|老把|染发|焗油|发膜|烫发|浴帽|花洒|水龙|会不会|怎么教|怎么讲|怎么说|别|不要|不能|危险吗|防",
            never="拿下来了|扯下来了|摘下来了|取下来了",
            guards=EVERY,
        ),
    ),
)

_LOCKED_IN: Told = (
    (
        said(
            "自己(?:给|反|不小心)?锁(?:在|进|到)?(?:了)?车(?:里|内|上)",
            "(?:宝宝|人)(?:被|给|还|不小心)?(?:反)?锁(?:在|进|到)?(?:了)?车(?:里|内)",
            unless="钥匙(?!也|还)|怎么避免|如何|出来了|多久会|会怎",
            guards=EVERY,
        ),
    ),
)

_BITTEN_OPEN: Told = (
    (
        said(
            near("(?:咬|嚼|啃|吃)(?:破|碎|开|烂|爆|了1口|了一口)", CAUSTIC, 6),
            unless="总是|老是|喜欢|每次|沙发|布|线|嘴唇|舌|手指",
            guards=HAPPENED,
        ),
    ),
)

# What runs on a button cell; an order that came short is no loss in the house.
_ON_CELLS = (
    "纽扣电池|遥控器?|体温计|温度计|耳温枪|额温枪|电子秤|厨房秤|体重秤|贺卡|玩具|手表|助听器|车钥匙|钥匙扣|小夜灯|夜灯|计算器|发光|音乐书|计时器|"
    "激光笔|电子表|蜡烛灯|小风扇"
)
_LOST_CELL: Told = (
    (
        said(
            f"(?:{_ON_CELLS})[^,。]{{0,5}}(?:电池)?(?:的)?(?<=电池)(?!盖|仓|槽|型号|接|片|门)(?:好像|怎么|也|又|都|突然|就|现在|掉出来|掉了)*[,]?"
            "(?:不见了?|找不[到着](?!合适|同款|卖|地方|哪|在哪|型号|替|匹)|少了?(?:[1-9一几半好]|$|,|。)|丢了|不知道(?:去|掉|滚)|没影)",
            never="买|哪里有|型号|发货|少发|漏发|补发|补寄|订单|配件|配的|客服|快递|收到|说明书|赠|附|开箱|拆箱|到货|能用|代替|别的|通用|回收|找到了|已经找|在桌|在抽屉",
            guards=HAPPENED,
        ),
    ),
)

_QUIET_WOMB: Told = (
    (
        said(
            "胎动(?:今天|这[两几2]天|昨天|很|好|有点|有些|比较|特别|怎么|感觉|这么|明显|一直|突然|都|也|变|变得|越来越)*少"
            "(?=,|。|$|了|得|很|好|怎么|要|是不是|多|呢|啊)",
            unless="什么时候|几个月|几周|多少周|(?<!\\d)1?\\d周|怎么数|吃得?少|少不了|产检说|监护|吸氧",
        ),
    ),
)

_ALLERGIC_TO = "过敏(?!药|源|原|体质怎|性鼻炎|鼻炎|险|季)"
_ATE = (
    "误(?:[食吃喝喂]|给)|不小心[^,。]{0,4}(?:吃|喝|喂|舔)|"
    "(?:刚|偷)(?:刚|才)?[^,。]{0,4}(?:吃|喝|舔|咬|喂)(?:了|到|进|下|的)"
)
_EATEN_ALLERGEN: Told = (
    (
        said(
            near(
                f"对[^,。]{{1,6}}{_ALLERGIC_TO}|(?:花生|坚果|鸡?蛋|牛?奶|虾|蟹|海鲜|芒果|小麦|大豆|腰果|核桃|鱼){_ALLERGIC_TO}",
                _ATE,
                10,
            ),
            unless="药|氯雷|西替|开瑞坦|仙特明|益生菌|不过敏|猫|狗|花粉|尘螨",
            never="氯雷|西替|开瑞坦|仙特明|过敏药",
            guards=HAPPENED,
        ),
    ),
)

_FURNISHED = "沙发|家具|床垫|床|柜|新房|新家|装修|油漆|乳胶漆|墙纸|墙布|地板|胶|窗帘|地毯|甲醛|桌|椅"
_FUMES: Told = (
    (
        said(
            f"(?:{_FURNISHED})[^。]{{0,8}}(?:味|刺鼻|呛鼻|熏|甲醛)|甲醛",
            guards=(negated, prevented, supposed, hearsay, learned),
        ),
        said("头(?:很|特别|好|有点|都|也)*(?:晕|昏|痛|疼)|(?<!头)晕(?!车)|恶心", guards=(negated, prevented, supposed)),
        said(
            "(?:也|都|又|直|还|在|一直|就|连着|已经)吐|吐(?:了|过|得|个)|呕吐",
            guards=(negated, prevented, supposed),
            unless="吐槽|吐奶",
        ),
    ),
)

OUTRIGHT: Mapping[str, Told] = {
    "battery": _LOST_CELL,
    "poison": _BITTEN_OPEN + _FUMES,
    "self_harm": _WRISTS,
    "allergy": _EATEN_ALLERGEN,
    "pregnancy": _QUIET_WOMB,
    "unconscious": _STILL,
    "breathing": _BAGGED,
    "heat": _LOCKED_IN,
    "trapped": _JAMMED,
    "violence": _ASSAULTED + _TOUCHED,
}
# Told in two messages: a threat, and then what is done.
ACROSS = {"violence": ((_THREATENS, _ARMED),)}
