"""The currencies of ISO 4217 and the exponents of their minor units, as data.

Source: ISO 4217 table A.1 as published on 2026-01-01, funds codes included. Left out are the codes that
name no sum of money that an invoice can show, because the standard gives them no minor unit: the precious
metals (XAG, XAU, XPD, XPT), the bond market units (XBA to XBD), XDR, XSU, XUA, the code for tests (XTS)
and the code for no currency (XXX).
"""

from types import MappingProxyType

from billproof.model.identifiers import Count, CurrencyCode

_CODES_BY_EXPONENT = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
        "CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
        "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL "
        "MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR "
        "PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
        "TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

EXPONENTS: MappingProxyType[CurrencyCode, Count] = MappingProxyType(
    {
        CurrencyCode(code): Count(exponent)
        for exponent, codes in _CODES_BY_EXPONENT.items()
        for code in codes.split()
    }
)
"""The number of decimals of the minor unit, by alphabetic code: 2 for USD, 0 for JPY."""
