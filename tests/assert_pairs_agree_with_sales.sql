-- Orders with a, with b and with both: as many as in the sales reports, and never more of
-- both than of one.
with

products as (

    select * from {{ ref('rpt_products') }}

),

departments as (

    select * from {{ ref('rpt_departments') }}

),

pairs as (

    select
        'product' as kind,
        product_pairs.product_id_a as id_a,
        product_pairs.product_id_b as id_b,
        product_pairs.order_count,
        product_pairs.order_count_a,
        product_pairs.order_count_b,
        products_a.order_count as sales_a,
        products_b.order_count as sales_b

    from {{ ref('rpt_product_pairs') }} as product_pairs

    inner join products as products_a
        on product_pairs.product_id_a = products_a.product_id

    inner join products as products_b
        on product_pairs.product_id_b = products_b.product_id

    union all

    select
        'department' as kind,
        department_pairs.department_id_a as id_a,
        department_pairs.department_id_b as id_b,
        department_pairs.order_count,
        department_pairs.order_count_a,
        department_pairs.order_count_b,
        departments_a.order_count as sales_a,
        departments_b.order_count as sales_b

    from {{ ref('rpt_department_pairs') }} as department_pairs

    inner join departments as departments_a
        on department_pairs.department_id_a = departments_a.department_id

    inner join departments as departments_b
        on department_pairs.department_id_b = departments_b.department_id

)

select
    *,
    concat(
        'marts.rpt_', kind, '_pairs: expected ', sales_a, ' and ', sales_b,
        ' orders of ', id_a, ' and ', id_b, ', as their report of sales has, found ',
        order_count_a, ' and ', order_count_b, ', and ', order_count, ' with both; ',
        {{ text_literal(project_fault('from marts.rpt_department_pairs')) }}, '.'
    ) as message

from pairs

where
    id_a >= id_b
    or order_count > least(order_count_a, order_count_b)
    or order_count_a <> sales_a
    or order_count_b <> sales_b
